// One stream on its way: the trace context when its request begins, the span when it has ended.
import { allocate } from "../bytes/arena";
import { writeHex } from "../bytes/hex";
import { Slice, text } from "../bytes/slice";
import { carrier } from "../context/carrier";
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
import { askExchange, wasTraced } from "./ask";
import { askCustom } from "./custom";
import { writeContext } from "./departure";
import { findRoot, Root } from "./root";
import { closeStream, findStream, Stream } from "./streams";

const LOG_TRACE_ID: Slice = text("lightspan.trace_id");
const LOG_SPAN_ID: Slice = text("lightspan.span_id");

const pairs: Slice = new Slice();
const received: TraceContext = new TraceContext();
const own: TraceContext = new TraceContext();
const span: Span = new Span(own);

let hasToldOfHeaders: bool = false;

/** Finds the stream's trace context in the request headers that carrier holds. */
function begin(stream: Stream, root: Root): void {
  extract(root.propagation, received);
  if (metMalformed) counters.contextMalformed.add(1);
  continueFrom(received, stream.context, root.propagation, root.sampler, nowMs);
  if (!received.hasIds && stream.context.hasIds) counters.tracesStarted.add(1);
  stream.hasContext = true;
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

/** The request headers of stream `id` are here: continues the trace, or starts one, and sends it on with the request. */
export function beginStream(id: u32): void {
  let stream = findStream(id);
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (root === null || !readCarrier()) return;
  begin(stream, root);
  writeCarrier(stream.context, root);
  if (root.logsTraceId && stream.context.sampled) writeLogIds(stream.context);
}

/** The stream `id` has ended: makes its span, if its trace is sampled. */
export function endStream(id: u32): void {
  let stream = findStream(id);
  if (stream === null) return;
  let root = findRoot(stream.root);
  if (root !== null) finish(stream, root);
  closeStream(id);
}

function finish(stream: Stream, root: Root): void {
  // An earlier filter answered by itself: the request went nowhere, but it was traced all the same.
  if (!stream.hasContext) {
    if (!wasTraced() || !readCarrier()) return;
    begin(stream, root);
  }
  if (!stream.context.sampled) {
    counters.spansUnsampled.add(1);
    root.delivery.wake();
    return;
  }
  askExchange(exchange, root.question);
  own.copyFrom(stream.context);
  span.client = root.isClient(exchange);
  span.startNanos = exchange.startNanos;
  span.durationNanos = exchange.durationNanos;
  nameOperation(exchange, span.client, span.operation);
  askCustom(root.tags.custom);
  describe(span, exchange, root.tags);
  root.delivery.record(span);
}
