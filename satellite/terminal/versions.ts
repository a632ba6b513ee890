// Answers "which version is slow?" from spans alone: groups the server spans of one service by their `version` tag. Kept
// spans are all slow or failed, and would distort the answer. Does not know where the spans come from.

import { drawBar } from "./bar.ts";
import { formatDuration } from "../duration.ts";
import { nearestRank, slowAmong } from "../store/latency.ts";
import { drawTable, PLAIN } from "./table.ts";
import type { Cell, Column, Style } from "./table.ts";
import type { Span } from "../store/traces.ts";

/** One version of a service. Latencies are microseconds; `version` is null for spans without the tag. */
export interface Row {
  version: string | null;
  count: number;
  medianMicros: number;
  p99Micros: number;
  errors: number;
}

/** The versions of a service, and how many of its server spans are left out because they were kept. */
export interface Versions {
  rows: Row[];
  keptSpans: number;
}

const COLUMNS: Column[] = [
  { title: "version" },
  { title: "count", right: true },
  { title: "median", right: true },
  { title: "p99", right: true },
  { title: "errors", right: true },
  { title: "", give: "drop" },
];
const BAR_CELLS = 24;

/** Latency of the service's server spans by version, v2 before v10. Exact: every duration counts. */
export function latencyByVersion(spans: Iterable<Span>, service: string): Versions {
  const byVersion = new Map<string | null, Span[]>();
  let keptSpans = 0;
  for (const span of spans) {
    if (span.service !== service || span.kind !== "server") continue;
    if (span.kept !== null) {
      keptSpans++;
      continue;
    }
    const group = byVersion.get(span.version);
    if (group) group.push(span);
    else byVersion.set(span.version, [span]);
  }
  const rows = [...byVersion].map(([version, group]) => summarise(version, group)).sort(byVersionName);
  return { rows, keptSpans };
}

/**
 * The versions as an aligned table without a final newline, with a bar per median; the slowest version's is full length.
 * A line below counts the spans left out.
 */
export function drawVersions({ rows, keptSpans }: Versions, style: Style = PLAIN): string {
  const table = rows.length === 0 ? "no server spans" : drawRows(rows, style);
  return keptSpans === 0 ? table : `${table}\nleft out, because their traces were not sampled: ${keptSpans}`;
}

function drawRows(rows: Row[], style: Style): string {
  const medians = rows.map((row) => row.medianMicros);
  const slowest = Math.max(...medians, 1);
  const isSlow = slowAmong(medians);
  const cells = rows.map((row) => drawRow(row, row.medianMicros / slowest, isSlow(row.medianMicros)));
  return drawTable(COLUMNS, cells, style);
}

function summarise(version: string | null, spans: Span[]): Row {
  const durations = spans.map((span) => span.durationMicros).sort((a, b) => a - b);
  return {
    version,
    count: durations.length,
    medianMicros: nearestRank(durations, 50),
    p99Micros: nearestRank(durations, 99),
    errors: spans.filter((span) => span.error).length,
  };
}

function byVersionName(a: Row, b: Row): number {
  return (a.version ?? "").localeCompare(b.version ?? "", "en", { numeric: true });
}

function drawRow(row: Row, length: number, slow: boolean): Cell[] {
  return [
    { text: row.version ?? "(none)", ink: "cyan" },
    { text: String(row.count) },
    { text: formatDuration(row.medianMicros), ink: slow ? "red" : undefined },
    { text: formatDuration(row.p99Micros) },
    { text: String(row.errors), ink: row.errors > 0 ? "red" : undefined },
    { text: drawBar(0, length, BAR_CELLS), ink: slow ? "red" : "green" },
  ];
}
