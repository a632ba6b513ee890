// The JSON side: which question gets which answer. Plain values in and out; HTTP itself is server.ts's.

import type { ForwardCounts } from "./receive/forward.ts";
import type { Counts } from "./receive/intake.ts";
import { label } from "./traces.ts";
import type { Trace, TraceStore } from "./traces.ts";

/** A status with the value to send as JSON. */
export interface Answer {
  status: number;
  body: unknown;
}

/** Summaries of the stored traces, newest first. `service` keeps those with a span of it, `limit` the first so many. */
export function listTraces(store: TraceStore, query: URLSearchParams): Answer {
  const service = query.get("service");
  const limit = query.get("limit");
  if (limit !== null && !/^[1-9]\d{0,8}$/.test(limit)) {
    return { status: 400, body: { error: `limit is ${JSON.stringify(limit)}: it must be a whole number from 1` } };
  }
  const traces = store.list().filter((trace) => service === null || trace.services.includes(service));
  return { status: 200, body: traces.slice(0, limit === null ? undefined : Number(limit)).map(summarise) };
}

/** One trace with its spans, each with the `label` that the tree shows too; 404 for an id that is not stored. */
export function showTrace(store: TraceStore, traceId: string): Answer {
  const trace = store.get(traceId);
  if (!trace) return { status: 404, body: { error: `no trace ${traceId}` } };
  return { status: 200, body: { ...trace, spans: trace.spans.map((span) => ({ ...span, label: label(span) })) } };
}

/** The counters; `forwarded` is null where nothing is. */
export function showStats(store: TraceStore, counts: Counts, forwarded: ForwardCounts | null): Answer {
  const body = {
    ...counts,
    duplicateSpans: store.duplicates,
    forgottenTraces: store.forgotten,
    forwarded,
    reportsByFormat: Object.fromEntries(counts.reportsByFormat),
    spansByService: Object.fromEntries(counts.spansByService),
  };
  return { status: 200, body };
}

function summarise({ traceId, root, startMicros, durationMicros, spans, errors, services }: Trace): object {
  return { traceId, root, startMicros, durationMicros, spanCount: spans.length, errors, services };
}
