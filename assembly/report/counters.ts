// The two accounts that Lightspan gives of itself, in Envoy's stats. At any quiet moment
//
//   requests       = spans_recorded + spans_unsampled + requests_open
//   spans_recorded = spans_sent + spans_dropped + spans_buffered
//
// and spans_dropped is the sum of its reasons. Sent is what a collector acknowledged.
import { Slice, text } from "../bytes/slice";
import { counter, gauge, Metric } from "../host/metrics";

/** Streams that Lightspan saw: their request headers, or the log of one that an earlier filter answered. */
export const requests: Metric = counter(text("lightspan.requests"));
/** Those of them that have not ended. */
export const requestsOpen: Metric = gauge(text("lightspan.requests_open"));
/** Those of the open ones whose trace is sampled. No metric: failed.ts has to know. */
export let sampledOpen: u32 = 0;

export function openRequest(isSampled: bool): void {
  requests.add(1);
  requestsOpen.add(1);
  if (isSampled) sampledOpen++;
}

/** What was given to openRequest() has ended. */
export function closeRequest(isSampled: bool): void {
  requestsOpen.add(-1);
  if (isSampled) sampledOpen--;
}

export const spansRecorded: Metric = counter(text("lightspan.spans_recorded"));
export const spansSent: Metric = counter(text("lightspan.spans_sent"));
export const spansDropped: Metric = counter(text("lightspan.spans_dropped"));
export const spansBuffered: Metric = gauge(text("lightspan.spans_buffered"));
/** Streams whose trace is not sampled: no span was made. */
export const spansUnsampled: Metric = counter(text("lightspan.spans_unsampled"));
export const tracesStarted: Metric = counter(text("lightspan.traces_started"));
/** Requests that brought a trace context which could not be used. */
export const contextMalformed: Metric = counter(text("lightspan.context_malformed"));
export const reportsSent: Metric = counter(text("lightspan.reports_sent"));
/** Given up: refused, or not taken in any of their tries. */
export const reportsFailed: Metric = counter(text("lightspan.reports_failed"));
/** Tries after the first one of a report. */
export const reportsRetried: Metric = counter(text("lightspan.reports_retried"));

/** How many reasons there are. */
export let reasons: i32 = 0;

/** Why a span was dropped: a counter of its own, and a phrase for the log. */
export class DropReason {
  readonly count: Metric;
  /** Among all reasons, from 0. */
  readonly place: i32 = reasons++;

  constructor(
    name: Slice,
    readonly phrase: string,
  ) {
    this.count = counter(name);
  }

  /** The phrase, with `detail` if there is one. */
  because(detail: string): string {
    return detail.length > 0 ? this.phrase + " (" + detail + ")" : this.phrase;
  }
}

/** Counts spans that were never buffered and are lost. */
export function lose(spans: u32, reason: DropReason): void {
  spansRecorded.add(spans);
  spansDropped.add(spans);
  reason.count.add(spans);
}

/** The buffer's bytes were used up while the collector did not take any. */
export const BUFFER_FULL: DropReason = new DropReason(
  text("lightspan.spans_dropped_buffer_full"),
  "the buffer is full",
);
/** The configured cluster does not exist in this Envoy. */
export const NO_CLUSTER: DropReason = new DropReason(
  text("lightspan.spans_dropped_no_cluster"),
  "its cluster does not exist",
);
/** No answer in any try, or ones that say "not now": connection failure, reset, timeout, 429, 502, 503, 504. */
export const UNAVAILABLE: DropReason = new DropReason(
  text("lightspan.spans_dropped_unavailable"),
  "it is not available",
);
/** An answer that says "no": any other status outside 2xx, or errors in the body. */
export const REFUSED: DropReason = new DropReason(text("lightspan.spans_dropped_refused"), "it refused the report");
/** A VM of this Envoy failed, and took them along. */
export const VM_FAILED: DropReason = new DropReason(text("lightspan.spans_dropped_vm_failed"), "its VM failed");
/** The collector told this reporter to stop. */
export const DISABLED: DropReason = new DropReason(text("lightspan.spans_dropped_disabled"), "it told us to stop");
