// `npm run bench -- --change`: what a change to the module costs a recorded and an unsampled request, in instructions, in
// about a minute. Both modules run with the same requests, so whatever the rest of Envoy costs is in both counts.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Progress } from "../../demo/progress.ts";
import { atExit } from "../../runner/cleanup.ts";
import { run } from "../../runner/command.ts";
import { Bench, type Subject } from "../bench.ts";
import { lightspan, UNSAMPLED, type Variant } from "../envoys/variant.ts";
import { saturate, type Load } from "../measure/window.ts";
import { Problem } from "../options.ts";
import { PATIENCE_MS, thousands, useCallgrind, type Callgrind } from "./callgrind.ts";

/** Instructions for each request, by the kind of request. */
export type Cost = Record<keyof typeof LOADS, number>;

/** One connection: how many requests Envoy finds at once, and so what a wake-up costs each, does not depend on the machine. */
const ONE: Load = { protocol: "http1", streams: 1 };
const LOADS = { recorded: ONE, unsampled: { ...ONE, headers: UNSAMPLED } };
/** Nothing goes by the clock, or a busy machine would count more of it: a report leaves when its batch is full. */
const BY_SIZE = { buffer: { flush_interval_ms: 3_600_000 } };
const NEVER = { miss_timeout: "3600s", megamiss_timeout: "3600s" };
const UNHURRIED = {
  stats_flush_interval: "299s",
  watchdogs: { main_thread_watchdog: NEVER, worker_watchdog: NEVER },
};
const WARM_UP = { requests: 1000, ms: PATIENCE_MS };
/** With the requests that lead in, two whole batches of the default size. */
const COUNTED = { requests: 200, ms: PATIENCE_MS };

/** Counts with the modules at both paths; `envoy` is the program. Throws Problem if there is no valgrind. */
export async function countChange(
  envoy: string,
  { before, after }: { before: string; after: string },
  progress: Progress,
): Promise<{ before: Cost; after: Cost }> {
  const callgrind = useCallgrind(envoy, process.env);
  const bench = await Bench.open(envoy, callgrind.program);
  try {
    const variants = Object.entries({ before, after }).map(([name, path]): Variant => ({
      ...lightspan(name, name, path, BY_SIZE),
      bootstrap: UNHURRIED,
    }));
    const [first, second] = await progress.step(
      "starting two Envoys",
      () => bench.start(variants),
      () => "live",
    );
    if (first === undefined || second === undefined) throw new Problem("bench: no Envoy to count");
    const count = (title: string, subject: Subject): Promise<Cost> =>
      progress.step(
        title,
        () => countBoth(bench, subject, callgrind),
        ({ recorded, unsampled }) => [recorded, unsampled].map(thousands).join(", "),
      );
    return { before: await count("counting before", first), after: await count("counting after", second) };
  } finally {
    await bench.close();
  }
}

async function countBoth(bench: Bench, subject: Subject, callgrind: Callgrind): Promise<Cost> {
  try {
    for (const load of Object.values(LOADS)) await saturate(bench, subject, load, WARM_UP);
    await callgrind.start(subject.envoy.pid);
    const count = (load: Load): Promise<number> =>
      callgrind.perRequest(subject, () => saturate(bench, subject, load, COUNTED));
    return { recorded: await count(LOADS.recorded), unsampled: await count(LOADS.unsampled) };
  } finally {
    await bench.stop([subject]);
  }
}

/** Builds the module of the last commit, in a folder that goes with this process; returns its path. Throws Problem. */
export async function buildCommitted(): Promise<string> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "lightspan-commit-"));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const unpackAndBuild = 'git -C "$1" archive HEAD | tar -x -C "$2" && exec "$3" "$2/build.mjs"';
  const args = ["-c", unpackAndBuild, "sh", root, folder, process.execPath];
  const { code, output } = await run("sh", args, process.env);
  if (code !== 0) throw new Problem(`bench: the last commit's module could not be built: ${output.trim()}`);
  return join(folder, "build", "lightspan.wasm");
}
