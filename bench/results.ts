// What a run found: the content of build/bench.json, from which tables, picture and documents are made.
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
  /** Of one minute, before the run. */
  loadAverage: number;
}

/** A variant against no tracing, and against what native OpenTelemetry with its default batch adds. */
export interface Cost {
  /** CPU microseconds of the Envoy process for each request. */
  cpu: Spread;
  /** More than without tracing, in the windows that were disturbed least; null for that itself. */
  added: Estimate | null;
  /** `added` divided by what native OpenTelemetry adds; null where that was not measured. */
  ofNative: Estimate | null;
}

export interface MainRow extends Cost {
  name: string;
  label: string;
  perSecond: Spread;
  /** Cores that Envoy kept busy meanwhile, median. */
  cores: number;
  /** Microseconds, at the fixed rate. */
  p50: Spread;
  p99: Spread;
  /** Bytes resident. */
  memoryAtStart: number;
  memoryAtEnd: number;
  /** Bytes that Envoy's allocator has given out at the end: what is resident beyond it is kept for later, or is code. */
  allocated: number;
  /** Null for what reports nothing. */
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

/** One way for requests to come, and what each variant costs then. */
export interface VariationRow {
  label: string;
  costs: ({ name: string } & Cost)[];
}

export interface GrowthRow {
  label: string;
  cpu: Spread;
  added: Estimate | null;
  bytesPerSpan: number | null;
  /** Null, or how many spans of how many came. */
  spans: { expected: number; received: number } | null;
}

export interface GrowthTable {
  title: string;
  rows: GrowthRow[];
}

/** What a variant costs in instructions. */
export interface InstructionRow {
  name: string;
  label: string;
  /** Name of the row that this one adds to. */
  base: string | null;
  /** Instructions in user space for each request. */
  perRequest: number;
}

/** What a run with --instructions found: the content of build/instructions.json. */
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
  /** What a reader has to know before believing a number: failed requests, faults in reports, rounds left out. */
  notes: string[];
}
