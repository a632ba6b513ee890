// How Lightspan's cost grows with its configuration: custom tags, formats to write, batch size.
import type { Progress } from "../../demo/progress.ts";
import type { Bench, Receipt, Subject } from "../bench.ts";
import { lightspan, NO_TRACING, type Variant } from "../envoys/variant.ts";
import { interleave, shuffled } from "../measure/rounds.ts";
import { saturate } from "../measure/window.ts";
import type { Plan, Rounds } from "../plan.ts";
import type { GrowthRow, Results } from "../results.ts";
import { Rows } from "./cost.ts";
import { DEFAULT_LOAD, warmUp } from "./main.ts";
import { EXTRA_HEADERS } from "./variations.ts";
import { roundsDone } from "./words.ts";

interface Series {
  title: string;
  headers: Record<string, string>;
  variants: Variant[];
}

/** `count` custom tags, each from a request header. */
function tags(count: number): Record<string, unknown> {
  const sources = Object.keys(EXTRA_HEADERS).slice(0, count);
  return { tags: { request_headers: Object.fromEntries(sources.map((header) => [`custom.${header}`, header])) } };
}

function seriesOf(module: string): Series[] {
  const make = (name: string, label: string, config: Record<string, unknown>): Variant =>
    lightspan(name, label, module, config);
  const inject = (...formats: string[]): Record<string, unknown> => ({ propagation: { inject: formats } });
  return [
    {
      title: "Custom tags, each from a request header; every request has 40 extra headers",
      headers: EXTRA_HEADERS,
      variants: [0, 8, 32].map((count) => make(`tags-${count}`, `${count} custom tags`, tags(count))),
    },
    {
      title: "Formats written",
      headers: {},
      variants: [
        make("inject-1", "1: b3multi", inject("b3multi")),
        make("inject-2", "2: b3multi, tracecontext (default)", inject("b3multi", "tracecontext")),
        make("inject-3", "3: b3multi, b3, tracecontext", inject("b3multi", "b3", "tracecontext")),
      ],
    },
    {
      title: "Spans per batch",
      headers: {},
      variants: [5, 50, 200, 1000].map((spans) =>
        make(`batch-${spans}`, `${spans}${spans === 200 ? " (default)" : ""}`, { buffer: { flush_spans: spans } }),
      ),
    },
  ];
}

/** Measures all series with the module at path `module`. */
export async function measureGrowth(
  bench: Bench,
  module: string,
  plan: Plan,
  rounds: Rounds,
  progress: Progress,
  notes: string[],
): Promise<Results["growth"]> {
  const series = seriesOf(module);
  const variants = [NO_TRACING, ...series.flatMap((each) => each.variants)];
  const subjects = await progress.step(
    `starting ${variants.length} Envoys`,
    () => bench.start(variants),
    () => "live",
  );
  try {
    await progress.step(
      "warming up",
      () => warmUp(bench, subjects, plan),
      () => "done",
    );
    // The warm-up's spans lack the headers that some tags come from, so they are subtracted.
    const before = new Map<Subject, Receipt | null>();
    for (const subject of subjects) before.set(subject, await bench.receipt(subject));
    const rows = series.map(() => new Rows());
    const done = await progress.step(
      `${rounds.rounds} rounds of ${series.length} series`,
      () =>
        interleave([...series.entries()], rounds.rounds, Date.now() + rounds.budgetMs, async ([index, each]) => {
          const load = { ...DEFAULT_LOAD, headers: each.headers };
          for (const subject of shuffled(subjectsOf(subjects, each))) {
            rows[index]?.add(subject.variant.name, await saturate(bench, subject, load, rounds.limit));
          }
        }),
      roundsDone(rounds.rounds, "growth", notes),
    );
    const tables = [];
    for (const [index, { title, variants: own }] of series.entries()) {
      const table: GrowthRow[] = [];
      for (const subject of subjects.filter(({ variant }) => own.includes(variant))) {
        const after = await bench.receipt(subject);
        table.push(rowOf(subject.variant, rows[index] ?? new Rows(), before.get(subject) ?? null, after));
      }
      tables.push({ title, rows: table });
    }
    return { rounds: done, tables };
  } finally {
    await bench.stop(subjects);
  }
}

function subjectsOf(subjects: Subject[], { variants }: Series): Subject[] {
  return subjects.filter(({ variant }) => variant === NO_TRACING || variants.includes(variant));
}

function rowOf(variant: Variant, rows: Rows, before: Receipt | null, after: Receipt | null): GrowthRow {
  const { cpu, added } = rows.cost(variant);
  const spans = (after?.spans ?? 0) - (before?.spans ?? 0);
  const bytes = (after?.bodyBytes ?? 0) - (before?.bodyBytes ?? 0);
  return {
    label: variant.label,
    cpu,
    added,
    bytesPerSpan: spans > 0 ? bytes / spans : null,
    spans: after && { expected: after.expected, received: after.spans },
  };
}
