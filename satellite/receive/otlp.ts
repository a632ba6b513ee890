// Decodes OTLP trace requests into plain values, and encodes rejections. Leaves the wire format to code that
// OpenTelemetry generated from its own definitions. Knows nothing of HTTP, gRPC or stored traces.

import { createRequire } from "node:module";
import protobuf from "protobufjs";
import { ReportError, shortestTraceId } from "../store/report.ts";
import type { Report, ReportedSpan, Tags, TagValue } from "../store/report.ts";

/** protobufjs's 64-bit integer. */
interface Long {
  toString(): string;
}

interface AnyValue {
  stringValue?: string | null;
  boolValue?: boolean | null;
  intValue?: Long | null;
  doubleValue?: number | null;
  arrayValue?: { values: AnyValue[] } | null;
  kvlistValue?: { values: KeyValue[] } | null;
  bytesValue?: Uint8Array | null;
}

interface KeyValue {
  key?: string | null;
  value?: AnyValue | null;
}

interface OtlpSpan {
  traceId?: Uint8Array | null;
  spanId?: Uint8Array | null;
  parentSpanId?: Uint8Array | null;
  name?: string | null;
  kind?: number | null;
  startTimeUnixNano?: Long | null;
  endTimeUnixNano?: Long | null;
  attributes: KeyValue[];
  status?: { code?: number | null } | null;
}

interface ResourceSpans {
  resource?: { attributes: KeyValue[] } | null;
  scopeSpans: { spans: OtlpSpan[] }[];
}

interface TraceService {
  ExportTraceServiceRequest: { decode(body: Uint8Array): { resourceSpans: ResourceSpans[] } };
}

// Later versions of the package can only encode. It publishes no types for this code.
const generated = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const service: TraceService = generated.opentelemetry.proto.collector.trace.v1;

// google.rpc.Status, the body that OTLP requires for a rejection over HTTP.
const Status = new protobuf.Type("Status")
  .add(new protobuf.Field("code", 1, "int32"))
  .add(new protobuf.Field("message", 2, "string"));

const INVALID_ARGUMENT = 3;
const STATUS_ERROR = 2;
/** Limit on nested attribute values; the generated code's only limit is the stack. */
const MAX_DEPTH = 16;
/** SpanKind by number. A span with no kind, or with kind 0, gets no tag. */
const KINDS: Record<number, string> = { 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer" };

/** Decodes an `ExportTraceServiceRequest`, one report for each resource. Throws ReportError. */
export function decodeOtlp(body: Uint8Array): Report[] {
  return parse(body).resourceSpans.map(({ resource, scopeSpans }) => {
    const reporterTags = readTags(resource?.attributes ?? []);
    return {
      reporterId: "0".repeat(16),
      reporterTags,
      service: String(reporterTags["service.name"] ?? "unknown"),
      hasAccessToken: false,
      spans: scopeSpans.flatMap(({ spans }) => spans).map(readSpan),
    };
  });
}

/** Encodes the answer to a rejected request. */
export function encodeStatus(message: string): Uint8Array {
  return Status.encode({ code: INVALID_ARGUMENT, message }).finish();
}

function parse(body: Uint8Array): { resourceSpans: ResourceSpans[] } {
  try {
    return service.ExportTraceServiceRequest.decode(body);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReportError(`the body is not an OTLP ExportTraceServiceRequest: ${reason}`, { cause });
  }
}

function readSpan(span: OtlpSpan, index: number): ReportedSpan {
  const startMicros = micros(span.startTimeUnixNano);
  if (startMicros === 0) throw new ReportError(`span ${index} has no start_time_unix_nano`);
  const tags = readTags(span.attributes);
  const kind = KINDS[span.kind ?? 0];
  if (kind) tags["span.kind"] = kind;
  if (span.status?.code === STATUS_ERROR) tags["error"] = true;
  return {
    traceId: shortestTraceId(readId(span.traceId, 16, `span ${index}'s trace_id`)),
    spanId: readId(span.spanId, 8, `span ${index}'s span_id`),
    parentId: span.parentSpanId?.length ? readId(span.parentSpanId, 8, `span ${index}'s parent_span_id`) : null,
    operation: span.name ?? "",
    startMicros,
    durationMicros: Math.max(0, micros(span.endTimeUnixNano) - startMicros),
    tags,
  };
}

function readId(bytes: Uint8Array | null | undefined, size: number, what: string): string {
  if (bytes?.length !== size) throw new ReportError(`${what} has ${bytes?.length ?? 0} bytes, not ${size}`);
  if (bytes.every((byte) => byte === 0)) throw new ReportError(`${what} is all zero`);
  return Buffer.from(bytes).toString("hex");
}

function micros(nanos: Long | null | undefined): number {
  return Number(BigInt((nanos ?? 0).toString()) / 1000n);
}

function readTags(list: KeyValue[]): Tags {
  return Object.fromEntries(list.map(({ key, value }) => [key ?? "", tagValue(value ?? {})]));
}

function tagValue(any: AnyValue): TagValue {
  const value = plain(any);
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** The one value that is set; the other fields of a oneof are null. */
function plain(any: AnyValue, depth = 0): TagValue | object {
  if (depth > MAX_DEPTH) throw new ReportError(`an attribute is nested more than ${MAX_DEPTH} deep`);
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = any;
  if (isSet(boolValue)) return boolValue;
  if (isSet(intValue)) {
    // An integer too large for a number stays text: converting it would change its value.
    const value = Number(intValue.toString());
    return Number.isSafeInteger(value) ? value : intValue.toString();
  }
  // JSON has no NaN or infinity; they would become null.
  if (isSet(doubleValue)) return Number.isFinite(doubleValue) ? doubleValue : String(doubleValue);
  if (isSet(bytesValue)) return Buffer.from(bytesValue).toString("base64");
  const inner = (value: AnyValue | null | undefined): unknown => plain(value ?? {}, depth + 1);
  if (isSet(arrayValue)) return arrayValue.values.map(inner);
  if (isSet(kvlistValue)) return Object.fromEntries(kvlistValue.values.map(({ key, value }) => [key, inner(value)]));
  return stringValue ?? "";
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
