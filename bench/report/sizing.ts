// What a mesh of sidecars sends, computed from measurements of one Envoy. The assumptions are defined only here;
// docs/sizing.md shows them with the tables.
import type { MainRow, MainTable } from "../results.ts";
import { mebibytes, tenth, whole } from "./format.ts";
import type { Table } from "./table.ts";

/** Istio's default. */
const WORKERS = 2;
/** Requests per second through one sidecar, in and out together: each makes one span here and one at the other end. */
const REQUESTS = 100;
const FLUSH_SPANS = 200;
const BUFFER_BYTES = 1024 * 1024;
/** Maximum age of a connection, so that a growing collector tier gets its share. */
const CONNECTION_SECONDS = 300;
/** A longer buffer.flush_interval_ms, for comparison. */
const LONG_INTERVAL_SECONDS = 5;

const SIDECARS = [10, 1000, 10_000];
const RATES = [1, 0.1, 0.01];

/** Bytes for each span, plus bytes for each report. */
interface Bytes {
  span: number;
  report: number;
}

/** The measurements that sizes depend on. */
interface Unit {
  /** In a report's body, which is buffered, and in total over the wire. */
  body: Bytes;
  wire: Bytes;
  /** CPU seconds per request, with and without its span. */
  recorded: number;
  unsampled: number;
  memory: number;
}

function find(table: MainTable, name: string): MainRow {
  const row = table.rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`the main table has no row ${name}`);
  return row;
}

/**
 * Bytes of a span and of a report, from two rows with reports of different lengths: two equations
 * `bytes = spans × span + reports × report`.
 */
function weigh(one: MainRow, other: MainRow, kind: "bodyBytes" | "wireBytes"): Bytes {
  const a = one.spans;
  const b = other.spans;
  const determinant = a === null || b === null ? 0 : a.received * b.reports - b.received * a.reports;
  if (a === null || b === null || determinant === 0) return { span: NaN, report: NaN };
  const span = (a[kind] * b.reports - b[kind] * a.reports) / determinant;
  return { span, report: (a[kind] - a.received * span) / a.reports };
}

function unitOf(table: MainTable): Unit {
  const recording = find(table, "lightspan");
  const seldom = find(table, "rate");
  const seconds = (row: MainRow): number => Math.max(0, row.added?.value ?? NaN) / 1e6;
  return {
    body: weigh(recording, seldom, "bodyBytes"),
    wire: weigh(recording, seldom, "wireBytes"),
    recorded: seconds(recording),
    unsampled: seconds(find(table, "unsampled")),
    memory: recording.memoryAtEnd - find(table, "none").memoryAtEnd,
  };
}

/**
 * Reports per second of a worker with `spans` per second: full batches, or one per interval, which begins with a span.
 */
function reportsOf(spans: number, intervalSeconds: number): number {
  return Math.max(spans / FLUSH_SPANS, spans / (1 + spans * intervalSeconds));
}

function percent(rate: number): string {
  return `${rate * 100} %`;
}

/** CPU seconds per second of one sidecar. */
function cpuOf(unit: Unit, rate: number): number {
  return REQUESTS * (rate * unit.recorded + (1 - rate) * unit.unsampled);
}

/** A duration in the unit that people use for it. */
function duration(seconds: number): string {
  if (seconds < 120) return `${whole(seconds)} s`;
  return seconds < 7200 ? `${whole(seconds / 60)} min` : `${whole(seconds / 3600)} h`;
}

/** What all workers of one sidecar send per second. */
interface Traffic {
  spans: number;
  reports: number;
  /** Over the wire, and in the buffer. */
  wire: number;
  body: number;
}

function trafficOf({ wire, body }: Unit, rate: number, intervalSeconds: number): Traffic {
  const spans = REQUESTS * rate;
  const reports = reportsOf(spans / WORKERS, intervalSeconds) * WORKERS;
  const weight = ({ span, report }: Bytes): number => spans * span + reports * report;
  return { spans, reports, wire: weight(wire), body: weight(body) };
}

function sidecarTable(unit: Unit): Table {
  return {
    title: `One sidecar: ${WORKERS} workers, ${REQUESTS} requests per second in and out together`,
    head: [
      "sampled",
      "spans/s",
      "KiB/s",
      "reports/s",
      "CPU millicores",
      "buffer lasts without collector",
      "memory MiB",
    ],
    rows: RATES.map((rate) => {
      const { spans, reports, wire, body } = trafficOf(unit, rate, 1);
      return [
        percent(rate),
        tenth(spans),
        tenth(wire / 1024),
        reports.toFixed(2),
        tenth(cpuOf(unit, rate) * 1000),
        duration((BUFFER_BYTES * WORKERS) / body),
        mebibytes(unit.memory),
      ];
    }),
  };
}

function meshTable(unit: Unit): Table {
  const rows = SIDECARS.flatMap((sidecars) =>
    RATES.map((rate) => {
      const { spans, reports, wire } = trafficOf(unit, rate, 1);
      const seldom = trafficOf(unit, rate, LONG_INTERVAL_SECONDS);
      const connections = WORKERS * sidecars;
      return [
        `${whole(sidecars)} sidecars, ${percent(rate)}`,
        whole(spans * sidecars),
        tenth((wire * sidecars * 8) / 1e6),
        whole(reports * sidecars),
        whole(seldom.reports * sidecars),
        tenth((seldom.wire * sidecars * 8) / 1e6),
        whole(connections),
        tenth(connections / CONNECTION_SECONDS),
        tenth(cpuOf(unit, rate) * sidecars),
      ];
    }),
  );
  return {
    title: `A mesh; in parentheses with buffer.flush_interval_ms ${LONG_INTERVAL_SECONDS * 1000}`,
    head: [
      "",
      "spans/s",
      "Mbit/s",
      "reports/s",
      "(reports/s)",
      "(Mbit/s)",
      "connections",
      "new/s",
      "CPU cores of all sidecars",
    ],
    rows,
  };
}

/** The tables of the sizing page. */
export function sizingTables(table: MainTable): Table[] {
  const unit = unitOf(table);
  const inputs: Table = {
    title: "Inputs",
    head: ["measured", "value"],
    rows: [
      ["bytes of a span", whole(unit.wire.span)],
      ["bytes of a report besides its spans: its reporter", whole(unit.body.report)],
      ["… including everything that HTTP adds", whole(unit.wire.report)],
      ["CPU µs added to a request whose span is sent", tenth(unit.recorded * 1e6)],
      ["CPU µs added to a request that is not sampled", tenth(unit.unsampled * 1e6)],
      ["MiB resident added by Lightspan, one worker", mebibytes(unit.memory)],
    ],
  };
  return [inputs, sidecarTable(unit), meshTable(unit)];
}
