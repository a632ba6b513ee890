// `npm run soak`: real Envoy under load while faults come and go at its collector, a picture of memory and spans over
// time, and a verdict. Knows the order of the steps and the words.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EnvoyNotFound } from "../../runner/find.ts";
import { EnvoyFailed } from "../../runner/process.ts";
import { svgOf } from "../../bench/report/picture.ts";
import { chartOf } from "./chart.ts";
import { readOptions, USAGE, UsageError, type Options } from "./options.ts";
import { soak, type Sample } from "./soak.ts";
import { asText, judge } from "./verdict.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const TELL_EVERY_S = 10;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else if (!(await run(options))) process.exitCode = 1;
} catch (error) {
  const known = error instanceof UsageError || error instanceof EnvoyNotFound || error instanceof EnvoyFailed;
  console.error(error instanceof Error && !known ? error.stack : (error as Error).message);
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** False if a finding did not hold. */
async function run(options: Options): Promise<boolean> {
  let told = 0;
  const tell = (sample: Sample, fault: string): void => {
    if (sample.seconds < told) return;
    told = sample.seconds + TELL_EVERY_S;
    const { recorded, sent, dropped, buffered } = sample.account;
    const spans = `recorded ${recorded}, sent ${sent}, dropped ${dropped}, buffered ${buffered}`;
    const memory = `${(sample.memory / 1024 / 1024).toFixed(0)} MiB`;
    const weather = fault === "" ? "" : `; the collector ${fault}`;
    console.error(`${sample.seconds.toFixed(0).padStart(4)} s of ${options.seconds}: ${spans}; ${memory}${weather}`);
  };
  const result = await soak(options, tell);
  const findings = judge(result);
  console.log(asText(result, findings));
  mkdirSync(path("build"), { recursive: true });
  writeFileSync(path("build/soak.json"), JSON.stringify({ ...result, seen: undefined, plain: undefined }));
  const svg = await svgOf(chartOf(result));
  if (svg !== undefined) writeFileSync(path("build/soak.svg"), svg);
  if (svg !== undefined && options.writeDocs) writeFileSync(path("docs/pictures/soak.svg"), svg);
  console.log(
    `       picture   ${svg === undefined ? "none: Vega is not installed" : "build/soak.svg"}, build/soak.json`,
  );
  return findings.every(({ problem }) => problem === undefined);
}
