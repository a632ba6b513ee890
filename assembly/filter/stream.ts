// One stream: its trace context when the request begins, its span when it has ended.
import { allocate } from "../bytes/arena";
import { Fixed } from "../bytes/fixed";
import { writeHex } from "../bytes/hex";
import { Slice, text } from "../bytes/slice";
import { carrier } from "../context/carrier";
import { TraceContext } from "../context/context";
import { extract } from "../context/extract";
import { continueFrom, makeSpan } from "../context/hop";
import { writeTraceId } from "../context/spelling";
import { TRACESTATE } from "../context/tracecontext";
import { nowMs } from "../host/clock";
import { readPairs, REQUEST } from "../host/headers";
import { warn } from "../host/log";
import { writeProperty } from "../host/properties";
import { OK, statusName } from "../host/status";
import * as counters from "../report/counters";
import { CONTENT_TYPE, exchange } from "../span/exchange";
import { hasGrpcStatus } from "../span/grpc";
import { nameOperation } from "../span/operation";
import { Span } from "../span/span";
import { describe } from "../span/tags";
import { askExchange, wasAnsweredEarlier } from "./ask";
import { noteHeaders, noteLog, noteOverdueTick, noteUnseen, takeSuspicion } from "./callbacks";
import { askCustom } from "./custom";
import { writeContext } from "./departure";
import { stirFirstStream } from "./entropy";
import { findRoot, Root } from "./root";
import { MAX_VALUE, restoreHeaders, saveHeaders } from "./saved";
import { removeStream, findStream, Stream } from "./streams";

const LOG_TRACE_ID: Slice = text("lightspan.trace_id");
const LOG_SPAN_ID: Slice = text("lightspan.span_id");

const pairs = Fixed.record<Slice>();
const received = Fixed.record<TraceContext>();
const own = Fixed.record<TraceContext>();
const span: Span = new Span(own);

let hasWarnedOfReading: bool = false;
let hasWarnedOfHeaders: bool = false;
let hasWarnedOfLogIds: bool = false;

/** Continues the trace of the request headers in the carrier, or starts one. */
function continueTrace(stream: Stream, root: Root): void {
  stirFirstStream();
  let metMalformed = extract(root.propagation, received);
  if (metMalformed) counters.contextMalformed.add(1);
  continueFrom(received, stream.context, root.propagation, root.sampler, nowMs);
  stream.isGrpc = hasGrpcStatus(CONTENT_TYPE);
  if (!received.hasIds && stream.context.hasIds) counters.tracesStarted.add(1);
}

function readCarrier(): bool {
  return readPairs(REQUEST, pairs) && carrier.scan(pairs.at, pairs.size);
}

/** Makes the request carry `context`. If the host refuses a write, the trace breaks but the request is unaffected. */
function writeCarrier(context: TraceContext, root: Root): void {
  let status = writeContext(context, root.propagation);
  if (status === OK || hasWarnedOfHeaders) return;
  hasWarnedOfHeaders = true;
  warn("Envoy refused a change of trace headers (" + statusName(status) + "): traces break here");
}

/** Publishes the span's ids as filter state for access logs. Streams without a span get none. */
function writeLogIds(context: TraceContext): void {
  let text = allocate(32);
  let traceStatus = writeProperty(LOG_TRACE_ID, text, <u32>(writeTraceId(text, context) - text));
  let spanStatus = writeProperty(LOG_SPAN_ID, text, <u32>(writeHex(text, context.spanId) - text));
  let status = traceStatus !== OK ? traceStatus : spanStatus;
  if (status === OK || hasWarnedOfLogIds) return;
  hasWarnedOfLogIds = true;
  warn("Envoy refused the ids for access logs (" + statusName(status) + "): log.trace_id has no effect");
}

/** Warns of a callback that is newly suspected never to come. */
export function warnOfCallbacks(): void {
  let line = takeSuspicion();
  if (line.length > 0) warn(line);
}

/** The request headers of stream `id` have arrived: continues the trace or starts one, and sends it on with the request. */
export function beginStream(id: u32): void {
  let stream = findStream(id);
  noteHeaders(stream !== null);
  // Not only at a tick, which may never come either.
  warnOfCallbacks();
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (root === null) return;
  stream.isSeen = true;
  if (readCarrier()) propagate(stream, root);
  else if (!hasWarnedOfReading) {
    hasWarnedOfReading = true;
    warn("Envoy did not show request headers: traces go past this request as they came");
  }
  counters.openRequest(stream.context.sampled);
  // Last, because from here on the module may act for another root context.
  root.delivery.wake();
}

/** Passes the trace on with the request whose headers are in the carrier, and saves what a span may need. */
function propagate(stream: Stream, root: Root): void {
  continueTrace(stream, root);
  let context = stream.context;
  writeCarrier(context, root);
  if (!context.sampled && !context.mayBeKept) return;
  if (context.sampled && root.logsTraceId) writeLogIds(context);
  let goesOn = context.keepsTracestate && !root.propagation.strip;
  // A list that is cut, or the first of several lines, would be a different list.
  if (!goesOn || TRACESTATE.seen > 1 || TRACESTATE.size > MAX_VALUE) TRACESTATE.forget();
  stream.saved = saveHeaders(carrier, !context.sampled);
}

/** The stream `id` has ended: makes its span if its trace is sampled. Header maps are readable only if it `isLogged`. */
export function endStream(id: u32, isLogged: bool): void {
  if (isLogged) noteLog();
  let stream = findStream(id);
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (stream.isSeen) counters.closeRequest(stream.context.sampled);
  if (root === null) countOrphan(stream);
  else if (stream.isSeen || beginLate(stream, root, isLogged)) finish(stream, root, isLogged);
  removeStream(id);
}

/** Counts a stream that outlived its configuration, so that nothing can report it. */
function countOrphan(stream: Stream): void {
  if (!stream.isSeen) return;
  if (stream.context.sampled) counters.lose(1, counters.UNAVAILABLE);
  else counters.spansUnsampled.add(1);
}

/**
 * Traces a stream whose request headers never came to us, if an earlier filter answered it: the request went nowhere,
 * but Envoy's own tracer would have traced it. Returns false if it is not to be traced.
 */
function beginLate(stream: Stream, root: Root, isLogged: bool): bool {
  if (!isLogged) return false;
  if (!wasAnsweredEarlier()) {
    noteUnseen();
    warnOfCallbacks();
    return false;
  }
  if (!readCarrier()) return false;
  counters.requests.add(1);
  continueTrace(stream, root);
  if (root.logsTraceId && stream.context.sampled) writeLogIds(stream.context);
  return true;
}

/** Makes the stream's span, if its trace is sampled or its ending is worth it. */
function finish(stream: Stream, root: Root, isLogged: bool): void {
  let context = stream.context;
  let sampled = context.sampled;
  // gRPC's status can be read only in the log.
  if (!sampled && (!context.mayBeKept || root.ending.isUsual(stream.isGrpc && isLogged))) return skip(root);
  // If there is a log, the headers are read as they went upstream.
  if (!isLogged) restoreHeaders(stream.saved, carrier);
  else if (!readCarrier()) carrier.clear();
  // An invalid `tracestate`, or another trace's, wasn't removed from a request that an earlier filter answered.
  if (!stream.isSeen && !context.keepsTracestate) TRACESTATE.forget();
  askExchange(exchange, root.question, isLogged);
  own.copyFrom(context);
  span.kept.clear();
  if (!sampled && !keep(root)) return skip(root);
  span.client = root.isClient(exchange);
  span.startNanos = exchange.startNanos;
  span.durationNanos = exchange.durationNanos;
  let trusted = span.client ? root.trust.ofClient : root.trust.ofServer;
  nameOperation(exchange, span.client, trusted, span.operation);
  askCustom(root.tags.custom);
  describe(span, exchange, carrier, root.tags);
  root.delivery.record(span);
  if (!root.delivery.wasOverdue) return;
  noteOverdueTick();
  warnOfCallbacks();
}

/** Counts a stream without a span. */
function skip(root: Root): void {
  counters.spansUnsampled.add(1);
  root.delivery.wake();
}

/** Makes `span` one of an unsampled trace; false if `exchange` is not worth it, or the cap is reached. */
function keep(root: Root): bool {
  let reason = root.keeping.reasonFor(exchange);
  let cap = root.sampler.keptCap;
  if (reason.size === 0 || (cap.isSet && !cap.admits(nowMs()))) return false;
  span.kept.copyFrom(reason);
  makeSpan(own);
  if (root.logsTraceId) writeLogIds(own);
  counters.spansKept.add(1);
  return true;
}
