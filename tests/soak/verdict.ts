// The result of a soak, on one screen: each line is a claim with its figures, and whether it held.
import { describe } from "../envoy/faults/load.ts";
import { assertAccount, assertUnharmed } from "../envoy/faults/verdict.ts";
import { assertNoSlower } from "./latency.ts";
import type { Sample, Soak } from "./soak.ts";

export interface Finding {
  what: string;
  figures: string;
  /** Why the claim does not hold; undefined if it does. */
  problem: string | undefined;
}

/**
 * How much more memory may grow from one part of a soak to the other than it does without the filter. V8 and the
 * allocator cause such growth. Ten bytes leaked by each request of ten minutes would be 1 MB; a batch leaked by each
 * report would be 20 times as much.
 */
const GROWTH = 4 * 1024 * 1024;
/** The same for a soak so short that it is all warm-up: a batch leaked by each report shows within seconds. */
const GROWTH_WHILE_WARMING = 16 * 1024 * 1024;
const WARM_AFTER_S = 120;

/** The finding that needs a machine with time to spare. */
export const LATENCY = "latency";

export function judge(soak: Soak): Finding[] {
  const { account, received } = soak;
  const { recorded, sent, dropped, buffered } = account;
  const figures = `recorded ${n(recorded)} = sent ${n(sent)} + dropped ${n(dropped)} + buffered ${n(buffered)}`;
  return [
    {
      what: "requests",
      figures: `${n(soak.seen.sent)}, each with its status and its body`,
      problem: complaintOf(() => assertUnharmed(soak.seen)),
    },
    {
      what: LATENCY,
      figures: `${describe(soak.seen)}; without Lightspan ${describe(soak.plain)}`,
      problem: complaintOf(() => assertNoSlower(soak.seen, soak.plain)),
    },
    {
      what: "account",
      figures,
      problem: complaintOf(() => assertAccount(account, soak.seen.sent, received)),
    },
    {
      what: "collector",
      figures: `${n(received.uniqueAcknowledged)} spans acknowledged, ${n(received.uniqueSpans)} seen, in ${n(received.reports)} reports`,
      problem: soak.broken[0],
    },
    memoryOf(soak),
  ];
}

/** The medians of the second and the last quarter: faults barely move them, and the warm-up is over. */
function memoryOf({ samples, options: { seconds } }: Soak): Finding {
  const part = (from: number, to: number): Sample[] =>
    samples.filter((sample) => sample.seconds >= from * seconds && sample.seconds <= to * seconds);
  const early = part(0.25, 0.5);
  const late = part(0.75, 1);
  const of = (what: "memory" | "plainMemory"): [number, number] => [median(early, what), median(late, what)];
  const [[from, to], [plainFrom, plainTo]] = [of("memory"), of("plainMemory")];
  const grown = to - from - Math.max(0, plainTo - plainFrom);
  const allowed = seconds < WARM_AFTER_S ? GROWTH_WHILE_WARMING : GROWTH;
  const span = `${mib(from)} MiB in the second quarter, ${mib(to)} in the last`;
  return {
    what: "memory",
    figures: `${span}; without Lightspan ${mib(plainFrom)}, ${mib(plainTo)}`,
    problem: grown > allowed ? `it grew by ${mib(grown)} MiB` : undefined,
  };
}

function median(samples: Sample[], what: "memory" | "plainMemory"): number {
  const sorted = samples.map((sample) => sample[what]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function complaintOf(assertion: () => void): string | undefined {
  try {
    assertion();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const n = (count: number): string => count.toLocaleString("en");
const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

/** The findings, and what was soaked. */
export function asText(soak: Soak, findings: Finding[]): string {
  const { seconds, perSecond, workers, seed } = soak.options;
  const kinds = new Set(soak.spells.map(({ name }) => name)).size;
  const reasons = Object.entries(soak.account.reasons).map(([reason, count]) => `${n(count)} ${reason}`);
  const times = `${n(Math.round(seconds))} s of ${perSecond} requests a second, ${workers} workers`;
  return [
    `soak: ${times}, ${soak.spells.length} faults of ${kinds} kinds (seed ${seed})`,
    ...findings.map(({ what, figures, problem }) => {
      const line = `${problem === undefined ? "ok    " : "FAILED"} ${what.padEnd(10)}${figures}`;
      return problem === undefined ? line : `${line}\n       ${"".padEnd(10)}${problem}`;
    }),
    `       dropped   ${reasons.join(", ") || "nothing"}; ${n(soak.account.retried)} tries after the first one`,
  ].join("\n");
}
