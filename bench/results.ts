// The results of a run: the content of build/bench.json, from which tables, picture and documents are made.
import type { Estimate, Spread } from "./measure/statistics.ts";

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  kernel: string;
  node: string;
  envoy: string;
  commit: string;
  moduleBytes: number;
  /** How finely CPU time is counted. */
  cpuResolution: string;
  /** One-minute load average before the run. */
  loadAverage: number;
}

/** A variant compared with no tracing, and with native OpenTelemetry's default batches. */
export interface Cost {
  /** CPU microseconds per request in the Envoy process. */
  cpu: Spread;
  /** Cost above no tracing, in the least disturbed windows; null for no tracing itself. */
  added: Estimate | null;
  /** `added` divided by native OpenTelemetry's; null if that was not measured. */
  ofNative: Estimate | null;
}

export interface MainRow extends Cost {
  name: string;
  label: string;
  perSecond: Spread;
  /** Median of the cores that Envoy kept busy. */
  cores: number;
  /** Microseconds, at the fixed rate. */
  p50: Spread;
  p99: Spread;
  /** Bytes resident. */
  memoryAtStart: number;
  memoryAtEnd: number;
  /** Bytes that Envoy's allocator has handed out at the end; other resident memory is code or kept for later. */
  allocated: number;
  /** Null for a variant that reports nothing. */
  spans: { expected: number; received: number; reports: number; bodyBytes: number; wireBytes: number } | null;
  connections: number;
}

export interface MainTable {
  requestsPerWindow: number;
  rounds: number;
  streams: number;
  latencyRate: number;
  latencyRounds: number;
  rows: MainRow[];
}

/** One kind of load, and each variant's cost under it. */
export interface VariationRow {
  label: string;
  costs: ({ name: string } & Cost)[];
}

export interface GrowthRow {
  label: string;
  cpu: Spread;
  added: Estimate | null;
  bytesPerSpan: number | null;
  /** Null for a variant that reports nothing. */
  spans: { expected: number; received: number } | null;
}

export interface GrowthTable {
  title: string;
  rows: GrowthRow[];
}

/** A variant's cost in instructions. */
export interface InstructionRow {
  name: string;
  label: string;
  /** Name of the row that this one is compared with. */
  base: string | null;
  /** User-space instructions per request. */
  perRequest: number;
}

/** The results of a run with --instructions: the content of build/instructions.json. */
export interface InstructionResults {
  form: "instructions";
  seconds: number;
  machine: Machine;
  rows: InstructionRow[];
  notes: string[];
}

export interface Results {
  form: "quick" | "full";
  seconds: number;
  machine: Machine;
  main: MainTable;
  variations: { rounds: number; labels: Record<string, string>; rows: VariationRow[] } | null;
  growth: { rounds: number; tables: GrowthTable[] } | null;
  /** Warnings about the numbers: failed requests, faulty reports, rounds left out. */
  notes: string[];
}
