// OpenTelemetry's trace.proto and trace_service.proto, version 1 (opentelemetry-proto). A report has one ResourceSpans with one
// ScopeSpans: what never changes is on the resource, once. Tags are string attributes, as Envoy's own tracer writes them; kind
// and error have fields of their own.
import {
  BYTES,
  bytesFieldSize,
  closeBytes,
  closePadded,
  Cursor,
  fieldEnd,
  openBytes,
  openPadded,
  VARINT,
  writeBytesField,
  writeBytesHead,
  writeFixed64Field,
  writeVarintField,
} from "../bytes/protobuf";
import { Slice, text } from "../bytes/slice";
import { TraceContext } from "../context/context";
import { ConstantTag, Span } from "../span/span";
import { Answer, constantTagsSize, Format, tagsSize } from "./format";
import { LIGHTSPAN_VERSION, Reporter } from "./reporter";

// message ExportTraceServiceRequest
const RESOURCE_SPANS: u32 = 1;
// message ResourceSpans
const RESOURCE: u32 = 1;
const SCOPE_SPANS: u32 = 2;
// message Resource
const RESOURCE_ATTRIBUTES: u32 = 1;
// message ScopeSpans
const SCOPE: u32 = 1;
const SPANS: u32 = 2;
// message InstrumentationScope
const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;
// message Span
const TRACE_ID: u32 = 1;
const SPAN_ID: u32 = 2;
const TRACE_STATE: u32 = 3;
const PARENT_SPAN_ID: u32 = 4;
const NAME: u32 = 5;
const KIND: u32 = 6;
const START_TIME: u32 = 7;
const END_TIME: u32 = 8;
const ATTRIBUTES: u32 = 9;
const STATUS: u32 = 15;
/** Span.flags is field 16, fixed32: the key takes two bytes. */
const FLAGS_KEY: u16 = 0x0185;
// enum SpanFlags; the low byte is W3C's.
const SAMPLED: u32 = 1;
const RANDOM: u32 = 2;
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;
// enum SpanKind
const KIND_SERVER: u64 = 2;
const KIND_CLIENT: u64 = 3;
// message Status
const CODE: u32 = 3;
const CODE_ERROR: u64 = 2;
// message KeyValue
const KEY: u32 = 1;
const VALUE: u32 = 2;
// message AnyValue
const STRING_VALUE: u32 = 1;
// message ExportTraceServiceResponse
const PARTIAL_SUCCESS: u32 = 1;
// message ExportTracePartialSuccess
const REJECTED_SPANS: u32 = 1;
const ERROR_MESSAGE: u32 = 2;

const LIGHTSPAN: Slice = text("lightspan");

/** The most that a span needs besides its name, trace state and attributes: ids, kind, times, status, flags, heads. */
const FIXED_PART: u32 = 96;
/** The most that an attribute needs besides its key and its value: four keys, four lengths. */
const ATTRIBUTE_HEAD: u32 = 24;

function writeAttribute(at: usize, parentField: u32, key: Slice, value: Slice): usize {
  let any = bytesFieldSize(value.size);
  at = writeBytesHead(at, parentField, bytesFieldSize(key.size) + bytesFieldSize(any));
  at = writeBytesField(at, KEY, key.at, key.size);
  at = writeBytesHead(at, VALUE, any);
  return writeBytesField(at, STRING_VALUE, value.at, value.size);
}

/** An id as bytes, high byte first. */
function writeId(at: usize, id: u64): usize {
  store<u64>(at, bswap(id));
  return at + 8;
}

function writeSpanId(at: usize, field: u32, id: u64): usize {
  return writeId(writeBytesHead(at, field, 8), id);
}

/** A parent is always remote: it came with the request. */
function flagsOf(context: TraceContext): u32 {
  let flags = HAS_IS_REMOTE;
  if (context.sampled) flags |= SAMPLED;
  if (context.random) flags |= RANDOM;
  return context.parentId !== 0 ? flags | IS_REMOTE : flags;
}

export class Otlp extends Format {
  /** Where the contents of ResourceSpans and ScopeSpans begin, relative to the message. */
  private resourceSpans: usize;
  private scopeSpans: usize;

  static of(isGrpc: bool, reporter: Reporter): Format {
    return new Otlp(isGrpc, reporter.resourceTags(text("service.name")), LIGHTSPAN_VERSION);
  }

  /** `resource` has the resource's attributes, `version` is Lightspan's. */
  constructor(isGrpc: bool, resource: ConstantTag[], version: Slice) {
    let path = isGrpc ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces";
    super(isGrpc, path, "application/x-protobuf", 0);
    let message = this.beginHead(64 + version.size + constantTagsSize(resource, ATTRIBUTE_HEAD));
    let resourceSpans = openPadded(message, RESOURCE_SPANS);
    let body = openBytes(resourceSpans, RESOURCE);
    let at = body;
    for (let i = 0; i < resource.length; i++)
      at = writeAttribute(at, RESOURCE_ATTRIBUTES, resource[i].name, resource[i].value);
    at = closeBytes(body, at);
    let scopeSpans = openPadded(at, SCOPE_SPANS);
    let scope = openBytes(scopeSpans, SCOPE);
    at = writeBytesField(scope, SCOPE_NAME, LIGHTSPAN.at, LIGHTSPAN.size);
    at = closeBytes(scope, writeBytesField(at, SCOPE_VERSION, version.at, version.size));
    this.resourceSpans = resourceSpans - message;
    this.scopeSpans = scopeSpans - message;
    this.endHead(at);
  }

  maxSpanSize(span: Span): u32 {
    return FIXED_PART + span.operation.size + span.traceState.size + tagsSize(span, ATTRIBUTE_HEAD);
  }

  /** One `spans` field of a ScopeSpans. */
  encodeSpan(at: usize, span: Span): usize {
    let context = span.context;
    let body = openBytes(at, SPANS);
    at = writeBytesHead(body, TRACE_ID, 16);
    at = writeId(writeId(at, context.traceHigh), context.traceLow);
    at = writeSpanId(at, SPAN_ID, context.spanId);
    let state = span.traceState;
    if (state.size > 0) at = writeBytesField(at, TRACE_STATE, state.at, state.size);
    if (context.parentId !== 0) at = writeSpanId(at, PARENT_SPAN_ID, context.parentId);
    at = writeBytesField(at, NAME, span.operation.at, span.operation.size);
    at = writeVarintField(at, KIND, span.client ? KIND_CLIENT : KIND_SERVER);
    at = writeFixed64Field(at, START_TIME, span.startNanos);
    at = writeFixed64Field(at, END_TIME, span.startNanos + span.durationNanos);
    for (let i: u32 = 0; i < span.tagCount; i++) {
      let tag = span.tagAt(i);
      at = writeAttribute(at, ATTRIBUTES, tag.name, tag.value);
    }
    if (span.error) at = writeVarintField(writeBytesHead(at, STATUS, 2), CODE, CODE_ERROR);
    store<u16>(at, FLAGS_KEY);
    store<u32>(at, flagsOf(context), 2);
    at += 6;
    return closeBytes(body, at);
  }

  spanEnd(at: usize): usize {
    return fieldEnd(at);
  }

  protected complete(at: usize, end: usize, _lost: u32): usize {
    closePadded(at + this.resourceSpans, end);
    closePadded(at + this.scopeSpans, end);
    return end;
  }

  /** Reads an ExportTraceServiceResponse. */
  protected readMessage(at: usize, size: u32, answer: Answer): void {
    let response = new Cursor(at, size);
    while (response.advance())
      if (response.field === PARTIAL_SUCCESS && response.wireType === BYTES)
        readPartialSuccess(response.at, response.size, answer);
    if (response.malformed) answer.clear();
  }
}

/** A message without rejected spans is only a warning (OTLP: "Partial Success"). */
function readPartialSuccess(at: usize, size: u32, answer: Answer): void {
  let partial = new Cursor(at, size);
  while (partial.advance()) {
    if (partial.field === REJECTED_SPANS && partial.wireType === VARINT) answer.rejected = max(<i64>partial.value, 0);
    if (partial.field === ERROR_MESSAGE && partial.wireType === BYTES) answer.complain(partial.at, partial.size);
  }
  if (partial.malformed) answer.clear();
}
