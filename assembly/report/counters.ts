// Lightspan's two accounts of itself, in Envoy's stats. At any quiet moment
//
//   requests       = spans_recorded + spans_unsampled + requests_open
//   spans_recorded = spans_sent + spans_dropped + spans_buffered
//
// and spans_dropped is the sum of its reasons. A span counts as sent once a collector has acknowledged it.
import { Slice, text, toText } from "../bytes/slice";
import { counter, gauge, Metric } from "../host/metrics";

/** Streams whose request headers Lightspan saw, or that an earlier filter answered, which shows in their log. */
export const requests: Metric = counter(text("lightspan.requests"));
/** The streams of `requests` that have not ended. */
export const requestsOpen: Metric = gauge(text("lightspan.requests_open"));
/** The open streams whose trace is sampled. Not a metric: failed.ts needs it. */
export let sampledOpen: u32 = 0;

export function openRequest(isSampled: bool): void {
  requests.add(1);
  requestsOpen.add(1);
  if (isSampled) sampledOpen++;
}

/** A stream passed to openRequest() has ended. */
export function closeRequest(isSampled: bool): void {
  requestsOpen.add(-1);
  if (isSampled) sampledOpen--;
}

export const spansRecorded: Metric = counter(text("lightspan.spans_recorded"));
/** The recorded spans whose trace is not sampled. */
export const spansKept: Metric = counter(text("lightspan.spans_kept"));
export const spansSent: Metric = counter(text("lightspan.spans_sent"));
export const spansDropped: Metric = counter(text("lightspan.spans_dropped"));
export const spansBuffered: Metric = gauge(text("lightspan.spans_buffered"));
/** Streams without a span, because their trace is not sampled. */
export const spansUnsampled: Metric = counter(text("lightspan.spans_unsampled"));
export const tracesStarted: Metric = counter(text("lightspan.traces_started"));
/** Requests with a trace context that could not be used. */
export const contextMalformed: Metric = counter(text("lightspan.context_malformed"));
export const reportsSent: Metric = counter(text("lightspan.reports_sent"));
/** Reports given up: refused, or not taken in any of their tries. */
export const reportsFailed: Metric = counter(text("lightspan.reports_failed"));
/** Tries of reports beyond their first. */
export const reportsRetried: Metric = counter(text("lightspan.reports_retried"));

/** How many reasons there are. */
export let reasons: i32 = 0;

/** Why a span was dropped: a counter of its own, and a phrase for the log. */
@unmanaged
export class DropReason {
  readonly count: Metric;
  /** Position among all reasons, from 0. */
  readonly place: i32 = reasons++;

  constructor(
    name: Slice,
    private phrase: Slice,
  ) {
    this.count = counter(name);
  }

  /** The phrase, with `detail` unless that is empty. */
  because(detail: string): string {
    let phrase = toText(this.phrase);
    return detail.length > 0 ? phrase + " (" + detail + ")" : phrase;
  }
}

/** Counts spans as recorded and dropped, without their ever having been buffered. */
export function lose(spans: u32, reason: DropReason): void {
  spansRecorded.add(spans);
  spansDropped.add(spans);
  reason.count.add(spans);
}

/** The buffer was full, and the collector took no reports. */
export const BUFFER_FULL: DropReason = new DropReason(
  text("lightspan.spans_dropped_buffer_full"),
  text("the buffer is full"),
);
/** The configured cluster does not exist in this Envoy. */
export const NO_CLUSTER: DropReason = new DropReason(
  text("lightspan.spans_dropped_no_cluster"),
  text("its cluster does not exist"),
);
/** All tries got no answer or "not now": connection failure, reset, timeout, 429, 502, 503, 504. */
export const UNAVAILABLE: DropReason = new DropReason(
  text("lightspan.spans_dropped_unavailable"),
  text("it is not available"),
);
/** The answer was "no": any other status outside 2xx, or errors in the body. */
export const REFUSED: DropReason = new DropReason(
  text("lightspan.spans_dropped_refused"),
  text("it refused the report"),
);
/** A VM of this Envoy failed while it held them. */
export const VM_FAILED: DropReason = new DropReason(text("lightspan.spans_dropped_vm_failed"), text("its VM failed"));
/** The collector told this reporter to stop. */
export const DISABLED: DropReason = new DropReason(
  text("lightspan.spans_dropped_disabled"),
  text("it told us to stop"),
);
