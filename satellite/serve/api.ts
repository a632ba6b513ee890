// The JSON API: which query gets which answer. Plain values in and out; leaves HTTP to server.ts.

import { compare } from "../store/compare.ts";
import { QueryError, readFilter, readWhole } from "../store/query.ts";
import type { ForwardCounts } from "../receive/forward.ts";
import type { Counts } from "../receive/intake.ts";
import { label } from "../store/traces.ts";
import type { Span, Trace, TraceStore } from "../store/traces.ts";

/** A status, and a value to send as JSON. */
export interface Answer {
  status: number;
  body: unknown;
}

/** One trace in a list; times are microseconds, `startMicros` since the epoch. */
export interface Summary extends Omit<Trace, "spans"> {
  /** The earliest span. It names a trace whose root is elsewhere or has not arrived yet. */
  first: Trace["root"];
  spanCount: number;
}

/** A span as the page gets it: `label` is the service with its component and kind. */
export type LabelledSpan = Span & { label: string };

/** One trace as the page gets it. */
export type TraceBody = Trace & { spans: LabelledSpan[] };

/** Summaries of the stored traces that pass `readFilter`, newest first, `limit` at most. Throws QueryError. */
export function listTraces(store: TraceStore, query: URLSearchParams): Answer {
  const limit = readWhole(query, "limit", 1) ?? undefined;
  return { status: 200, body: store.list().filter(readFilter(query)).slice(0, limit).map(summarise) };
}

/** One trace with its spans, each with the `label` that the terminal shows too; 404 if the id is not stored. */
export function showTrace(store: TraceStore, traceId: string): Answer {
  const trace = store.get(traceId);
  if (!trace) return { status: 404, body: { error: `no trace ${traceId}` } };
  const body: TraceBody = { ...trace, spans: trace.spans.map((span) => ({ ...span, label: label(span) })) };
  return { status: 200, body };
}

/** Latency by the tag `by` (default `version`) of the operation that `service`, `kind` and `operation` name. */
export function showLatency(store: TraceStore, query: URLSearchParams): Answer {
  const by = query.get("by") ?? "version";
  if (by === "") throw new QueryError("by is empty: it must be the name of a tag");
  const wanted = {
    service: query.get("service") ?? undefined,
    kind: query.get("kind") ?? undefined,
    operation: query.get("operation") ?? undefined,
  };
  const spans = store.list().flatMap((trace) => trace.spans);
  return { status: 200, body: compare(spans, by, wanted) };
}

/** The counters; `forwarded` is null if nothing is forwarded. */
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

/** A trace without its spans. */
export function summarise({ spans, ...trace }: Trace): Summary {
  const first = spans[0] ? { operation: spans[0].operation, service: spans[0].service } : null;
  return { ...trace, first, spanCount: spans.length };
}
