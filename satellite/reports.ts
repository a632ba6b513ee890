// Takes reports in, over HTTP, and keeps account of them. Answers as a Lightstep collector does: always a
// ReportResponse, with the reason in its errors when a report is refused. Knows no trace and no JSON.

import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyError, readBody } from "./body.ts";
import { decodeReport, encodeResponse, ReportError } from "./decode.ts";
import type { Report } from "./decode.ts";
import type { TraceStore } from "./traces.ts";

const REPORT_TYPE = "application/octet-stream";

/** What has come in. `reports` and `spans` were accepted; spans of a report sent twice are counted twice. */
export interface Counts {
  reports: number;
  spans: number;
  rejected: number;
  spansByService: Map<string, number>;
  /** Accepted reports that carried an access token, in the header and in the body. The token is nowhere kept. */
  tokensSeen: { header: number; body: number };
}

/** All counters at zero. */
export function noCounts(): Counts {
  return { reports: 0, spans: 0, rejected: 0, spansByService: new Map(), tokensSeen: { header: 0, body: 0 } };
}

/** Answers one POST of a report: 200, or 400, 413 or 415 with what is wrong. Throws only if the sender went away. */
export async function takeReport(
  request: IncomingMessage,
  response: ServerResponse,
  store: TraceStore,
  counts: Counts,
): Promise<void> {
  const receiveMicros = Date.now() * 1000;
  let status = 200;
  const errors: string[] = [];
  try {
    checkType(request);
    const report = decodeReport(await readBody(request));
    store.add(report);
    count(counts, report, request);
  } catch (error) {
    if (!(error instanceof BodyError) && !(error instanceof ReportError)) throw error;
    counts.rejected++;
    status = error instanceof BodyError ? error.status : 400;
    errors.push(error.message);
  }
  const body = encodeResponse({ receiveMicros, transmitMicros: Date.now() * 1000, errors });
  response.writeHead(status, { "content-type": REPORT_TYPE, "content-length": body.length });
  response.end(body);
}

function checkType(request: IncomingMessage): void {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== REPORT_TYPE) throw new BodyError(415, `content-type is ${type ?? "absent"}: a report is ${REPORT_TYPE}`);
}

function count(counts: Counts, report: Report, request: IncomingMessage): void {
  const spans = report.spans.length;
  counts.reports++;
  counts.spans += spans;
  counts.spansByService.set(report.service, (counts.spansByService.get(report.service) ?? 0) + spans);
  if (request.headers["lightstep-access-token"]) counts.tokensSeen.header++;
  if (report.hasAccessToken) counts.tokensSeen.body++;
}
