// Answers "which version is slow?" from spans alone: groups the server spans of one service by their `version` tag.
// Does not know where the spans come from.

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
export function latencyByVersion(spans: Iterable<Span>, service: string): Row[] {
  const byVersion = new Map<string | null, Span[]>();
  for (const span of spans) {
    if (span.service !== service || span.kind !== "server") continue;
    const group = byVersion.get(span.version);
    if (group) group.push(span);
    else byVersion.set(span.version, [span]);
  }
  return [...byVersion].map(([version, group]) => summarise(version, group)).sort(byVersionName);
}

/**
 * The rows as an aligned table without a final newline, with a bar per median. The slowest version's is full length.
 */
export function drawVersions(rows: Row[], style: Style = PLAIN): string {
  if (rows.length === 0) return "no server spans";
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
