// Lightstep's collector.proto (lightstep/lightstep-tracer-common, collector.proto). A ReportRequest is a head that never changes,
// with the reporter and the token, followed by one `spans` field per span. The reporter's tags apply to all its spans, so tags
// that never change are there, once per report. Ids have 64 bits: the lower half of a wider trace id is sent, as Lightstep's own
// tracers do.
import {
  bytesFieldSize,
  closeBytes,
  BYTES,
  Cursor,
  fieldEnd,
  openBytes,
  VARINT,
  varintSize,
  writeBytesField,
  writeBytesHead,
  writeShortField,
  writeShortHead,
  writeVarintField,
} from "../bytes/protobuf";
import { Slice, text } from "../bytes/slice";
import { TraceContext } from "../context/context";
import { nextId } from "../context/ids";
import * as names from "../span/names";
import { ConstantTag, Span } from "../span/span";
import { Answer, constantTagsSize, Format, tagsSize } from "./format";
import { LIGHTSPAN_VERSION, Reporter } from "./reporter";

// message ReportRequest
const REPORTER: u32 = 1;
const AUTH: u32 = 2;
const SPANS: u32 = 3;
const INTERNAL_METRICS: u32 = 6;
// message Reporter
const REPORTER_ID: u32 = 1;
const REPORTER_TAGS: u32 = 4;
// message Auth
const ACCESS_TOKEN: u32 = 1;
// message Span
const SPAN_CONTEXT: u32 = 1;
const OPERATION_NAME: u32 = 2;
const REFERENCES: u32 = 3;
const START_TIMESTAMP: u32 = 4;
const DURATION_MICROS: u32 = 5;
const TAGS: u32 = 6;
// message SpanContext
const TRACE_ID: u32 = 1;
const SPAN_ID: u32 = 2;
// message Reference; relationship CHILD_OF is 0 and not written
const REFERENCE_CONTEXT: u32 = 2;
// message KeyValue
const KEY: u32 = 1;
const STRING_VALUE: u32 = 2;
const BOOL_VALUE: u32 = 5;
// message google.protobuf.Timestamp
const SECONDS: u32 = 1;
const NANOS: u32 = 2;
// message ReportResponse
const COMMANDS: u32 = 1;
const ERRORS: u32 = 4;
// message Command
const DISABLE: u32 = 1;
// message InternalMetrics
const COUNTS: u32 = 4;
// message MetricsSample
const SAMPLE_NAME: u32 = 1;
const INT_VALUE: u32 = 2;

const CLIENT: Slice = text("client");
const SERVER: Slice = text("server");
/** Lightstep's own tracers use this name for the count. */
const SPANS_DROPPED: Slice = text("spans.dropped");

/** The most that InternalMetrics need, in bytes. */
const METRICS_SIZE: u32 = 64;
/** The most that a span needs besides its operation and its tags: context, reference, timestamp, duration, heads. */
const FIXED_PART: u32 = 192;
/** The most that a tag needs besides its name and its value: three keys, three lengths. */
const TAG_HEAD: u32 = 24;

function tagSize(name: Slice, valueField: u32): u32 {
  return bytesFieldSize(name.size) + valueField;
}

function writeStringTag(at: usize, parentField: u32, name: Slice, value: Slice): usize {
  let size = 2 + name.size + 2 + value.size;
  if (size < 128) {
    at = writeShortField(writeShortHead(at, parentField, size), KEY, name.at, name.size);
    return writeShortField(at, STRING_VALUE, value.at, value.size);
  }
  at = writeBytesHead(at, parentField, tagSize(name, bytesFieldSize(value.size)));
  at = writeBytesField(at, KEY, name.at, name.size);
  return writeBytesField(at, STRING_VALUE, value.at, value.size);
}

/** `bool_value: true`. There is no tag for false. */
function writeTrueTag(at: usize, parentField: u32, name: Slice): usize {
  at = writeBytesHead(at, parentField, tagSize(name, 2));
  at = writeBytesField(at, KEY, name.at, name.size);
  return writeVarintField(at, BOOL_VALUE, 1);
}

function writeContext(at: usize, field: u32, traceId: u64, spanId: u64): usize {
  at = writeBytesHead(at, field, 2 + varintSize(traceId) + varintSize(spanId));
  return writeVarintField(writeVarintField(at, TRACE_ID, traceId), SPAN_ID, spanId);
}

/** The lower 64 bits of the trace id, or the upper ones if the lower are zero, which is no id. */
function wireTraceId(context: TraceContext): u64 {
  return context.traceLow !== 0 ? context.traceLow : context.traceHigh;
}

export class Lightstep extends Format {
  static of(isGrpc: bool, reporter: Reporter): Format {
    let tags = reporter.resourceTags(text("lightstep.component_name"));
    tags.push(new ConstantTag(text("lightstep.tracer_platform"), text("envoy")));
    tags.push(new ConstantTag(text("lightstep.tracer_version"), LIGHTSPAN_VERSION));
    return new Lightstep(isGrpc, nextId(), tags, text(reporter.accessToken));
  }

  /** `tags` are the reporter's; `accessToken` may be empty. */
  constructor(isGrpc: bool, reporterId: u64, tags: ConstantTag[], accessToken: Slice) {
    let path = isGrpc ? "/lightstep.collector.CollectorService/Report" : "/api/v2/reports";
    super(isGrpc, path, "application/octet-stream", METRICS_SIZE);
    let head = this.beginHead(64 + accessToken.size + constantTagsSize(tags, TAG_HEAD));
    let reporter = openBytes(head, REPORTER);
    let at = writeVarintField(reporter, REPORTER_ID, reporterId);
    for (let i = 0; i < tags.length; i++) at = writeStringTag(at, REPORTER_TAGS, tags[i].name, tags[i].value);
    at = closeBytes(reporter, at);
    if (accessToken.size > 0) {
      let auth = openBytes(at, AUTH);
      at = closeBytes(auth, writeBytesField(auth, ACCESS_TOKEN, accessToken.at, accessToken.size));
    }
    this.endHead(at);
  }

  maxSpanSize(span: Span): u32 {
    return FIXED_PART + span.operation.size + tagsSize(span, TAG_HEAD);
  }

  /** One `spans` field of a ReportRequest. */
  encodeSpan(at: usize, span: Span): usize {
    let context = span.context;
    let traceId = wireTraceId(context);
    let body = openBytes(at, SPANS);
    at = writeContext(body, SPAN_CONTEXT, traceId, context.spanId);
    at = writeBytesField(at, OPERATION_NAME, span.operation.at, span.operation.size);
    if (context.parentId !== 0) {
      // One, with both ids: receivers crash on a reference without a context, and take a span with two for a root.
      let reference = 2 + varintSize(traceId) + varintSize(context.parentId);
      at = writeBytesHead(at, REFERENCES, bytesFieldSize(reference));
      at = writeContext(at, REFERENCE_CONTEXT, traceId, context.parentId);
    }
    let seconds = span.startNanos / 1000000000;
    let nanos = span.startNanos % 1000000000;
    at = writeBytesHead(at, START_TIMESTAMP, 2 + varintSize(seconds) + varintSize(nanos));
    at = writeVarintField(writeVarintField(at, SECONDS, seconds), NANOS, nanos);
    at = writeVarintField(at, DURATION_MICROS, span.durationNanos / 1000);
    at = writeStringTag(at, TAGS, names.SPAN_KIND, span.client ? CLIENT : SERVER);
    if (span.error) at = writeTrueTag(at, TAGS, names.ERROR);
    for (let i: u32 = 0; i < span.tagCount; i++) {
      let tag = span.tagAt(i);
      at = writeStringTag(at, TAGS, tag.name, tag.value);
    }
    return closeBytes(body, at);
  }

  spanEnd(at: usize): usize {
    return fieldEnd(at);
  }

  /** Only the count of `lost` spans can follow the spans. */
  protected complete(_at: usize, end: usize, lost: u32): usize {
    if (lost === 0) return end;
    let sample = bytesFieldSize(SPANS_DROPPED.size) + 1 + varintSize(lost);
    end = writeBytesHead(end, INTERNAL_METRICS, bytesFieldSize(sample));
    end = writeBytesHead(end, COUNTS, sample);
    end = writeBytesField(end, SAMPLE_NAME, SPANS_DROPPED.at, SPANS_DROPPED.size);
    return writeVarintField(end, INT_VALUE, lost);
  }

  /** Reads a ReportResponse. */
  protected readMessage(at: usize, size: u32, answer: Answer): void {
    let response = new Cursor(at, size);
    while (response.advance()) {
      if (response.wireType !== BYTES) continue;
      if (response.field === COMMANDS && readsDisable(response.at, response.size)) answer.disable = true;
      if (response.field !== ERRORS) continue;
      // Errors concern the whole report, not single spans.
      answer.rejected = u64.MAX_VALUE;
      answer.complain(response.at, response.size);
    }
    if (response.malformed) answer.clear();
  }
}

/** Reads a Command of `size` bytes; true if it says `disable`. */
function readsDisable(at: usize, size: u32): bool {
  let command = new Cursor(at, size);
  let disable = false;
  while (command.advance())
    if (command.field === DISABLE && command.wireType === VARINT && command.value !== 0) disable = true;
  return disable && !command.malformed;
}
