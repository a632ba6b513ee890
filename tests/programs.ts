// `npm run test:programs`: builds or fetches, into the cache, every program of other projects that test:peers and
// test:istio run. They also do so themselves; CI does it earlier, alongside tests that don't need these programs.
import { findIstio } from "./istio/tools.ts";
import { goProgram } from "./peers/go/build.ts";
import { ToolMissing } from "./peers/tools.ts";
import { zipkinJar } from "./peers/zipkin.ts";

const programs = [
  () => findIstio(console.error),
  () => goProgram("otelcol"),
  () => goProgram("lightstep"),
  () => goProgram("compose"),
  zipkinJar,
];

for (const get of programs) {
  try {
    await get();
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    console.log(error.message);
  }
}
