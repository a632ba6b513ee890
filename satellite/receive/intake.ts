// Takes in every report, whatever its transport: decodes, stores and counts it, and hands it to the forwarder if there
// is one. Knows no connection: http.ts and grpc.ts deliver the bytes.

import type { Report } from "../store/report.ts";
import type { TraceStore } from "../store/traces.ts";
import type { Arrival } from "./arrival.ts";
import type { Forwarder } from "./forward.ts";

/** Totals. `reports` and `spans` count accepted ones; the spans of a report that is sent twice count twice. */
export interface Counts {
  reports: number;
  spans: number;
  rejected: number;
  /** Accepted reports by format and transport, with keys such as `otlp/grpc`. */
  reportsByFormat: Map<string, number>;
  /** By name for the first thousand services; spans of all others count under `(others)`. */
  spansByService: Map<string, number>;
  /** Accepted reports that carried an access token, in the header or in the body. Tokens are never stored. */
  tokensSeen: { header: number; body: number };
}

/** All counters at zero. */
export function noCounts(): Counts {
  return {
    reports: 0,
    spans: 0,
    rejected: 0,
    reportsByFormat: new Map(),
    spansByService: new Map(),
    tokensSeen: { header: 0, body: 0 },
  };
}

const MOST_SERVICES = 1000;
const LONGEST_NAME = 256;

export class Intake {
  constructor(
    private readonly store: TraceStore,
    private readonly counts: Counts,
    private readonly forwarder: Forwarder | null,
  ) {}

  /** Takes in a whole message, or throws ReportError and stores nothing of it. */
  take(arrival: Arrival): void {
    const reports = arrival.format.decode(arrival.body);
    for (const report of reports) this.store.add(report);
    this.#count(arrival, reports);
    this.forwarder?.send(arrival);
  }

  /** Counts a rejected message. */
  reject(): void {
    this.counts.rejected++;
  }

  #count({ format, transport, token }: Arrival, reports: Report[]): void {
    const { counts } = this;
    counts.reports++;
    increase(counts.reportsByFormat, `${format.name}/${transport}`, 1);
    for (const { service, spans } of reports) {
      counts.spans += spans.length;
      increase(counts.spansByService, known(counts.spansByService, service), spans.length);
    }
    if (token) counts.tokensSeen.header++;
    if (reports.some(({ hasAccessToken }) => hasAccessToken)) counts.tokensSeen.body++;
  }
}

/** The name to count under. Bounded, so a sender with a new name in every report cannot fill the memory. */
function known(counts: Map<string, number>, service: string): string {
  const name = service.slice(0, LONGEST_NAME);
  return counts.has(name) || counts.size < MOST_SERVICES ? name : "(others)";
}

function increase(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
