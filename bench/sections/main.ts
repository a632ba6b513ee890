// The main table: every variant in closed loops for cost and throughput, in open loops for latency, and the collectors'
// counts.
import type { Progress } from "../../demo/progress.ts";
import type { Bench, Receipt, Subject } from "../bench.ts";
import type { Variant } from "../envoys/variant.ts";
import type { Latency } from "../load/open.ts";
import { residentBytes } from "../measure/process.ts";
import { interleave } from "../measure/rounds.ts";
import { median, spread } from "../measure/statistics.ts";
import { pace, saturate, type Load } from "../measure/window.ts";
import type { Plan } from "../plan.ts";
import type { MainRow, MainTable } from "../results.ts";
import { Rows } from "./cost.ts";
import { done, roundsDone } from "./words.ts";

export const DEFAULT_LOAD: Load = { protocol: "http1", streams: 16 };
/** Enough streams that a request of the open loop always finds a free one. */
const OPEN_LOOP_LOAD: Load = { protocol: "http1", streams: 64 };

/** Measures `variants`; adds what readers should know to `notes`. */
export async function measureMain(
  bench: Bench,
  variants: Variant[],
  plan: Plan,
  progress: Progress,
  notes: string[],
): Promise<MainTable> {
  const subjects = await progress.step(
    `starting ${variants.length} Envoys`,
    () => bench.start(variants),
    (started) => `${started.length} live`,
  );
  try {
    await progress.step("warming up", () => warmUp(bench, subjects, plan), done);
    const rows = new Rows();
    const rounds = await progress.step(
      `${plan.main.rounds} rounds of ${plan.main.limit.requests} requests to each`,
      () => closedLoops(bench, subjects, plan, rows),
      roundsDone(plan.main.rounds, "the main table", notes),
    );
    const latencies = new Map<string, Latency[]>();
    const latencyRounds = await progress.step(
      `${plan.latency.pace.rate} requests per second to each`,
      () => openLoops(bench, subjects, plan, latencies),
      roundsDone(plan.latency.rounds, "latency", notes),
    );
    if (rows.failures > 0) notes.push(`${rows.failures} requests of the main table got no 200`);
    const ends = await progress.step("waiting for the last spans", () => collect(bench, subjects), done);
    return {
      requestsPerWindow: plan.main.limit.requests,
      rounds,
      streams: DEFAULT_LOAD.streams,
      latencyRate: plan.latency.pace.rate,
      latencyRounds,
      rows: ends.map((end) => rowOf(end, rows, latencies.get(end.subject.variant.name) ?? [], notes)),
    };
  } finally {
    await bench.stop(subjects);
  }
}

/** Lets every Envoy open its upstream connections, and V8 compile frequently called code. */
export async function warmUp(bench: Bench, subjects: Subject[], plan: Plan): Promise<void> {
  for (const subject of subjects) await saturate(bench, subject, DEFAULT_LOAD, plan.warmUp);
}

function closedLoops(bench: Bench, subjects: Subject[], plan: Plan, rows: Rows): Promise<number> {
  const { rounds, limit, budgetMs } = plan.main;
  return interleave(subjects, rounds, Date.now() + budgetMs, async (subject) =>
    rows.add(subject.variant.name, await saturate(bench, subject, DEFAULT_LOAD, limit)),
  );
}

function openLoops(bench: Bench, subjects: Subject[], plan: Plan, latencies: Map<string, Latency[]>): Promise<number> {
  const { rounds, pace: at, budgetMs } = plan.latency;
  return interleave(subjects, rounds, Date.now() + budgetMs, async (subject) => {
    const { name } = subject.variant;
    latencies.set(name, [...(latencies.get(name) ?? []), await pace(bench, subject, OPEN_LOOP_LOAD, at)]);
  });
}

/** What is read from a subject at the end. */
interface End {
  subject: Subject;
  receipt: Receipt | null;
  allocated: number;
}

async function collect(bench: Bench, subjects: Subject[]): Promise<End[]> {
  const ends: End[] = [];
  for (const subject of subjects) {
    ends.push({ subject, receipt: await bench.receipt(subject), allocated: await bench.allocated(subject) });
  }
  return ends;
}

function rowOf({ subject, receipt, allocated }: End, rows: Rows, latencies: Latency[], notes: string[]): MainRow {
  const { variant, memoryAtStart, envoy } = subject;
  const samples = rows.of(variant.name);
  for (const fault of receipt?.faults ?? []) notes.push(`${variant.label}: a report cannot be read: ${fault}`);
  return {
    name: variant.name,
    label: variant.label,
    ...rows.cost(variant),
    perSecond: spread(samples.map(({ perSecond }) => perSecond)),
    cores: median(samples.map(({ cores }) => cores)),
    p50: spread(latencies.map(({ p50 }) => p50)),
    p99: spread(latencies.map(({ p99 }) => p99)),
    memoryAtStart,
    memoryAtEnd: residentBytes(envoy.pid),
    allocated,
    spans: receipt && {
      expected: receipt.expected,
      received: receipt.spans,
      reports: receipt.reports,
      bodyBytes: receipt.bodyBytes,
      wireBytes: receipt.wireBytes,
    },
    connections: receipt?.connections ?? 0,
  };
}
