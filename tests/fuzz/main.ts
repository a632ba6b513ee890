// `npm run fuzz [-- --cases N --seed N]`: the long form; npm test has a short one.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { fuzzMetadata } from "./metadata.ts";

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  console.error(`--${name} takes a whole number, not ${text}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: { cases: { type: "string", default: "1000000" }, seed: { type: "string" } },
});
const cases = whole("cases", values.cases);
const seed = values.seed === undefined ? (Date.now() & 0x7fffffff) | 1 : whole("seed", values.seed);
const module = readFileSync(new URL("../../build/lightspan.wasm", import.meta.url));

console.log(`${cases} requests with seed ${seed}`);
const begun = Date.now();
let shown = 0;
try {
  await fuzz(module, cases, seed, (done) => {
    if (done - shown < 50_000) return;
    shown = done;
    console.log(`${done} done after ${Math.round((Date.now() - begun) / 1000)} s`);
  });
  await fuzzMetadata(module, Math.ceil(cases / 20), seed);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log(`${cases} passed, 0 failed`);
