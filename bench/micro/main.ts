// `npm run bench -- --micro`: nanoseconds for each of the module's hot paths, in Node without Envoy, beside the
// previous run's. Excludes the cost of calls to the host, which the other forms of the benchmark measure.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../measure/statistics.ts";
import { tenth } from "../report/format.ts";
import { asText } from "../report/table.ts";
import { compileHotPaths, type HotPath } from "./compile.ts";

const json = fileURLToPath(new URL("../../build/micro.json", import.meta.url));
const ROUNDS = 40;
const RUN_MICROS = 4000;
const WARM_UP_MICROS = 100_000;

/** CPU microseconds for `times` times. Other work on the machine is not counted, though it slows this down. */
function run(path: HotPath, times: number): number {
  const before = process.cpuUsage();
  path(times);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/**
 * Runs a path until V8 has optimized it, as it does in Envoy. V8 has flags that skip the first, slower compiler, but
 * takes them only before it starts: V8 14 aborts if they change beside asc's own WebAssembly.
 */
function warmUp(path: HotPath): void {
  for (let spent = 0; spent < WARM_UP_MICROS;) spent += run(path, 1000);
}

/** The number of times that takes long enough to measure. */
function calibrate(path: HotPath): number {
  let times = 1000;
  while (run(path, times) < RUN_MICROS) times *= 2;
  return times;
}

/** Nanoseconds for each time, round by round: the fastest and the median. */
function measure(paths: Map<string, HotPath>): Map<string, Nanos> {
  for (const path of paths.values()) warmUp(path);
  const times = new Map([...paths].map(([name, path]) => [name, calibrate(path)]));
  const samples = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, path] of paths) {
      const count = times.get(name) ?? 1;
      samples.set(name, [...(samples.get(name) ?? []), (run(path, count) / count) * 1000]);
    }
  }
  return new Map([...samples].map(([name, ns]) => [name, { fastest: Math.min(...ns), median: median(ns) }]));
}

interface Nanos {
  fastest: number;
  median: number;
}

function readBefore(): Record<string, Nanos> {
  try {
    return JSON.parse(readFileSync(json, "utf8")) as Record<string, Nanos>;
  } catch {
    // This is the first run.
    return {};
  }
}

/** Measures and prints all hot paths. */
export async function runMicro(): Promise<void> {
  const before = readBefore();
  const now = measure(await compileHotPaths());
  const rows = [...now].map(([name, { fastest, median }]) => {
    const earlier = before[name]?.fastest ?? NaN;
    const change = Number.isNaN(earlier) ? "–" : `${((fastest / earlier - 1) * 100).toFixed(0)} %`;
    return [name.replaceAll("_", " "), tenth(fastest), tenth(median), tenth(earlier), change];
  });
  const title = `CPU nanoseconds for each, optimized code, ${ROUNDS} rounds`;
  console.log(asText({ title, head: ["", "fastest", "median", "fastest before", "change"], rows }));
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
}
