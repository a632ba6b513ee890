// A few variants under other loads: protocols, concurrent streams, more headers, a continued trace, two workers.
import type { Progress } from "../../demo/progress.ts";
import type { Bench, Subject } from "../bench.ts";
import { CONTINUED, type Variant } from "../envoys/variant.ts";
import { interleave, shuffled } from "../measure/rounds.ts";
import { saturate, type Load } from "../measure/window.ts";
import type { Plan, Rounds } from "../plan.ts";
import type { Results, VariationRow } from "../results.ts";
import { Rows } from "./cost.ts";
import { warmUp } from "./main.ts";
import { roundsDone } from "./words.ts";

/** As many headers as a browser, a mesh and a few products in between add together. */
export const EXTRA_HEADERS: Record<string, string> = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`x-extra-${String(i).padStart(2, "0")}`, "a value of some 30 characters."]),
);

interface Setting {
  label: string;
  load: Load;
  workers: 1 | 2;
}

const SETTINGS: Setting[] = [
  { label: "HTTP/1.1, 1 connection", load: { protocol: "http1", streams: 1 }, workers: 1 },
  { label: "HTTP/1.1, 16 connections", load: { protocol: "http1", streams: 16 }, workers: 1 },
  { label: "HTTP/1.1, 256 connections", load: { protocol: "http1", streams: 256 }, workers: 1 },
  { label: "HTTP/2, 1 stream", load: { protocol: "http2", streams: 1 }, workers: 1 },
  { label: "HTTP/2, 16 streams", load: { protocol: "http2", streams: 16 }, workers: 1 },
  { label: "HTTP/2, 256 streams", load: { protocol: "http2", streams: 256 }, workers: 1 },
  { label: "40 extra request headers", load: { protocol: "http1", streams: 16, headers: EXTRA_HEADERS }, workers: 1 },
  { label: "a continued trace", load: { protocol: "http1", streams: 16, headers: CONTINUED }, workers: 1 },
  { label: "two workers", load: { protocol: "http1", streams: 16 }, workers: 2 },
];

/** Measures `variants`, which include no tracing and native OpenTelemetry, in every setting. */
export async function measureVariations(
  bench: Bench,
  variants: Variant[],
  plan: Plan,
  rounds: Rounds,
  progress: Progress,
  notes: string[],
): Promise<Results["variations"]> {
  const start = async (): Promise<Record<number, Subject[]>> => ({
    1: await bench.start(variants, 1),
    2: await bench.start(variants, 2),
  });
  const subjects = await progress.step(`starting ${variants.length * 2} Envoys`, start, () => "live");
  const all = Object.values(subjects).flat();
  try {
    await progress.step(
      "warming up",
      () => warmUp(bench, all, plan),
      () => "done",
    );
    const rows = SETTINGS.map(() => new Rows());
    const done = await progress.step(
      `${rounds.rounds} rounds of ${SETTINGS.length} loads`,
      () =>
        interleave([...SETTINGS.entries()], rounds.rounds, Date.now() + rounds.budgetMs, async ([index, setting]) => {
          for (const subject of shuffled(subjects[setting.workers] ?? [])) {
            rows[index]?.add(subject.variant.name, await saturate(bench, subject, setting.load, rounds.limit));
          }
        }),
      roundsDone(rounds.rounds, "variations", notes),
    );
    const failures = rows.reduce((sum, each) => sum + each.failures, 0);
    if (failures > 0) notes.push(`${failures} requests of the variations got no 200`);
    const labels = Object.fromEntries(variants.map(({ name, label }) => [name, label]));
    return { rounds: done, labels, rows: SETTINGS.map(({ label }, index) => rowOf(label, variants, rows[index])) };
  } finally {
    await bench.stop(all);
  }
}

function rowOf(label: string, variants: Variant[], rows = new Rows()): VariationRow {
  return { label, costs: variants.map((variant) => ({ name: variant.name, ...rows.cost(variant) })) };
}
