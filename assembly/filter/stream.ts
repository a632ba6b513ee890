// One stream on its way: the trace context when its request begins, the span when it has ended.
import { allocate } from "../bytes/arena";
import { writeHex } from "../bytes/hex";
import { Slice, text } from "../bytes/slice";
import { carrier, TRACESTATE } from "../context/carrier";
import { TraceContext } from "../context/context";
import { writeTraceId } from "../context/spelling";
import { extract, keepsTracestate, metMalformed } from "../context/extract";
import { continueFrom } from "../context/hop";
import { nowMs } from "../host/clock";
import { readPairs, REQUEST } from "../host/headers";
import { warn } from "../host/log";
import { writeProperty } from "../host/properties";
import { OK, statusName } from "../host/status";
import * as counters from "../report/counters";
import { exchange } from "../span/exchange";
import { nameOperation } from "../span/operation";
import { Span } from "../span/span";
import { describe } from "../span/tags";
import { askExchange, wasAnsweredEarlier } from "./ask";
import { noteHeaders, noteLog, noteOverdueTick, notePasser, takeSuspicion } from "./callbacks";
import { askCustom } from "./custom";
import { writeContext } from "./departure";
import { meetStream } from "./entropy";
import { keep, MOST_OF_VALUE, recall } from "./kept";
import { findRoot, Root } from "./root";
import { closeStream, findStream, Stream } from "./streams";

const LOG_TRACE_ID: Slice = text("lightspan.trace_id");
const LOG_SPAN_ID: Slice = text("lightspan.span_id");

const pairs: Slice = new Slice();
const received: TraceContext = new TraceContext();
const own: TraceContext = new TraceContext();
const span: Span = new Span(own);

let hasToldOfReading: bool = false;
let hasToldOfHeaders: bool = false;

/** Finds the stream's trace context in the request headers that carrier holds. */
function begin(stream: Stream, root: Root): void {
  meetStream();
  extract(root.propagation, received);
  if (metMalformed) counters.contextMalformed.add(1);
  continueFrom(received, stream.context, root.propagation, root.sampler, nowMs);
  if (!received.hasIds && stream.context.hasIds) counters.tracesStarted.add(1);
}

function readCarrier(): bool {
  return readPairs(REQUEST, pairs) && carrier.scan(pairs.at, pairs.size);
}

/** Makes the request carry `context`. A write that the host refuses harms the trace, not the request. */
function writeCarrier(context: TraceContext, root: Root): void {
  let status = writeContext(context, root.propagation, keepsTracestate);
  if (status === OK || hasToldOfHeaders) return;
  hasToldOfHeaders = true;
  warn("Envoy refused a change of trace headers (" + statusName(status) + "): traces break here");
}

/** Tells access logs the ids of the span, as filter state. What has no span has no ids to look up. */
function writeLogIds(context: TraceContext): void {
  let text = allocate(32);
  writeProperty(LOG_TRACE_ID, text, <u32>(writeTraceId(text, context) - text));
  writeProperty(LOG_SPAN_ID, text, <u32>(writeHex(text, context.spanId) - text));
}

/** Says which callback never comes, if one is suspected anew. */
export function tellOfCallbacks(): void {
  let line = takeSuspicion();
  if (line.length > 0) warn(line);
}

/** The request headers of stream `id` are here: continues the trace, or starts one, and sends it on with the request. */
export function beginStream(id: u32): void {
  let stream = findStream(id);
  noteHeaders(stream !== null);
  // Here, since there may be no tick.
  tellOfCallbacks();
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (root === null) return;
  stream.isSeen = true;
  if (readCarrier()) follow(stream, root);
  else if (!hasToldOfReading) {
    hasToldOfReading = true;
    warn("Envoy did not show request headers: traces go past this request as they came");
  }
  counters.openRequest(stream.context.sampled);
  // Last: from here on the module may speak for another root context.
  root.delivery.wake();
}

/** Continues the trace of the request headers that carrier holds. */
function follow(stream: Stream, root: Root): void {
  begin(stream, root);
  let context = stream.context;
  writeCarrier(context, root);
  if (!context.sampled) return;
  if (root.logsTraceId) writeLogIds(context);
  let goesOn = keepsTracestate && !root.propagation.strip;
  // A list that is cut, or the first of several lines, would be another list.
  if (!goesOn || TRACESTATE.seen > 1 || TRACESTATE.size > MOST_OF_VALUE) TRACESTATE.forget();
  stream.kept = keep(carrier);
}

/** The stream `id` has ended: makes its span, if its trace is sampled. Header maps can be read only if it `isLogged`. */
export function endStream(id: u32, isLogged: bool): void {
  if (isLogged) noteLog();
  let stream = findStream(id);
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (stream.isSeen) counters.closeRequest(stream.context.sampled);
  if (root === null) countOrphan(stream);
  else if (stream.isSeen || beginLate(stream, root, isLogged)) finish(stream, root, isLogged);
  closeStream(id);
}

/** Counts a stream that outlived its configuration: nobody is left who could report it. */
function countOrphan(stream: Stream): void {
  if (!stream.isSeen) return;
  if (stream.context.sampled) counters.lose(1, counters.UNAVAILABLE);
  else counters.spansUnsampled.add(1);
}

/**
 * Begins the trace of a stream whose request headers never came to us, if an earlier filter answered it: the request went
 * nowhere, but Envoy's own tracer would have traced it. False if it is not to be traced.
 */
function beginLate(stream: Stream, root: Root, isLogged: bool): bool {
  if (!isLogged) return false;
  if (!wasAnsweredEarlier()) {
    notePasser();
    tellOfCallbacks();
    return false;
  }
  if (!readCarrier()) return false;
  counters.requests.add(1);
  begin(stream, root);
  if (root.logsTraceId && stream.context.sampled) writeLogIds(stream.context);
  return true;
}

function finish(stream: Stream, root: Root, isLogged: bool): void {
  if (!stream.context.sampled) {
    counters.spansUnsampled.add(1);
    root.delivery.wake();
    return;
  }
  // As they went on, if there is a log.
  if (!isLogged) recall(stream.kept, carrier);
  else if (!readCarrier()) carrier.clear();
  askExchange(exchange, root.question, isLogged);
  own.copyFrom(stream.context);
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
  tellOfCallbacks();
}
