// Where all reports come together, however they came: decoded, stored, counted, and passed on if somebody wants them. Knows no
// connection: http.ts and grpc.ts bring the bytes.

import type { Report } from "../store/report.ts";
import type { TraceStore } from "../store/traces.ts";
import type { Arrival } from "./arrival.ts";
import type { Forwarder } from "./forward.ts";

/** What has come in. `reports` and `spans` were accepted; spans of a report sent twice are counted twice. */
export interface Counts {
  reports: number;
  spans: number;
  rejected: number;
  /** Accepted reports by format and transport, under names such as `otlp/grpc`. */
  reportsByFormat: Map<string, number>;
  /** Of the first thousand services; what comes from others is counted under `(others)`. */
  spansByService: Map<string, number>;
  /** Accepted reports that carried an access token, in the header and in the body. The token is nowhere kept. */
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

  /** Takes all of a message in, or throws ReportError and takes none of it. */
  take(arrival: Arrival): void {
    const reports = arrival.format.decode(arrival.body);
    for (const report of reports) this.store.add(report);
    this.#count(arrival, reports);
    this.forwarder?.send(arrival);
  }

  /** Counts a message that was refused. */
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

/** A sender that names itself anew each time must not fill the memory. */
function known(counts: Map<string, number>, service: string): string {
  const name = service.slice(0, LONGEST_NAME);
  return counts.has(name) || counts.size < MOST_SERVICES ? name : "(others)";
}

function increase(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
