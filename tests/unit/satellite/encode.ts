// Builds Lightstep reports with lightstep-tracer's own encoder, so that the tests do not depend on code of ours.

import { createRequire } from "node:module";

const here = createRequire(import.meta.url);
const collectorPath = here.resolve("lightstep-tracer/lib/imp/generated_proto/collector_pb.js");
const pb: Record<string, new () => Message> = here(collectorPath);
const Timestamp: new () => Message = createRequire(collectorPath)(
  "google-protobuf/google/protobuf/timestamp_pb.js",
).Timestamp;

/** A generated message: its setters and its encoder. */
interface Message {
  [setter: `set${string}`]: (value: unknown) => void;
  getBaggageMap(): Map<string, string>;
  serializeBinary(): Uint8Array;
}

export type WireValue = string | boolean | { int: string } | { double: number } | { json: string } | null;

/** Ids are 16 hex digits. A field that is absent here is absent on the wire. */
export interface WireSpan {
  traceId?: string;
  spanId?: string;
  parentId?: string;
  operation?: string;
  startMicros?: number;
  durationMicros?: number | string;
  tags?: Record<string, WireValue>;
  baggage?: Record<string, string>;
}

export interface WireReport {
  reporter?: { id?: string; tags?: Record<string, WireValue> } | null;
  token?: string;
  offsetMicros?: number;
  spans?: WireSpan[];
}

/** The bytes of a ReportRequest; with `reviews.default` as its reporter unless told otherwise. */
export function encodeReport(report: WireReport): Uint8Array {
  const { reporter = { tags: { "lightstep.component_name": "reviews.default" } } } = report;
  const request = create("ReportRequest");
  if (reporter) request.setReporter?.(encodeReporter(reporter));
  if (report.token !== undefined) {
    const auth = create("Auth");
    auth.setAccessToken?.(report.token);
    request.setAuth?.(auth);
  }
  if (report.offsetMicros !== undefined) request.setTimestampOffsetMicros?.(String(report.offsetMicros));
  request.setSpansList?.((report.spans ?? []).map(encodeSpan));
  return request.serializeBinary();
}

/** A valid span, for tests that are about something else. */
export function someSpan(changes: WireSpan = {}): WireSpan {
  return {
    traceId: "463ac35c9f6413ad",
    spanId: "a2fb4a1d1a96d312",
    operation: "reviews.default.svc.cluster.local:9080/*",
    startMicros: 1_700_000_000_000_000,
    durationMicros: 1_260_000,
    tags: { component: "proxy", "span.kind": "server", version: "v3" },
    ...changes,
  };
}

/** Decodes a ReportResponse with the same library. */
export function decodeAnswer(body: Uint8Array): {
  receiveTimestamp?: { seconds: number; nanos: number };
  transmitTimestamp?: { seconds: number; nanos: number };
  errorsList: string[];
} {
  return here(collectorPath).ReportResponse.deserializeBinary(body).toObject();
}

function encodeReporter(reporter: NonNullable<WireReport["reporter"]>): Message {
  const message = create("Reporter");
  if (reporter.id) message.setReporterId?.(decimal(reporter.id));
  message.setTagsList?.(encodeTags(reporter.tags));
  return message;
}

function encodeSpan(span: WireSpan): Message {
  const message = create("Span");
  if (span.traceId || span.spanId) message.setSpanContext?.(encodeContext(span));
  if (span.parentId) {
    const reference = create("Reference");
    reference.setSpanContext?.(encodeContext({ traceId: span.traceId, spanId: span.parentId }));
    message.setReferencesList?.([reference]);
  }
  if (span.startMicros !== undefined) {
    const start = new Timestamp();
    start.setSeconds?.(Math.floor(span.startMicros / 1_000_000));
    start.setNanos?.((span.startMicros % 1_000_000) * 1000);
    message.setStartTimestamp?.(start);
  }
  message.setOperationName?.(span.operation ?? "");
  message.setDurationMicros?.(String(span.durationMicros ?? 0));
  message.setTagsList?.(encodeTags(span.tags));
  return message;
}

function encodeContext({ traceId, spanId, baggage = {} }: WireSpan): Message {
  const context = create("SpanContext");
  if (traceId) context.setTraceId?.(decimal(traceId));
  if (spanId) context.setSpanId?.(decimal(spanId));
  for (const [key, value] of Object.entries(baggage)) context.getBaggageMap().set(key, value);
  return context;
}

function encodeTags(tags: Record<string, WireValue> = {}): Message[] {
  return Object.entries(tags).map(([key, value]) => {
    const tag = create("KeyValue");
    tag.setKey?.(key);
    if (typeof value === "string") tag.setStringValue?.(value);
    else if (typeof value === "boolean") tag.setBoolValue?.(value);
    else if (value && "int" in value) tag.setIntValue?.(value.int);
    else if (value && "double" in value) tag.setDoubleValue?.(value.double);
    else if (value) tag.setJsonValue?.(value.json);
    return tag;
  });
}

function create(name: string): Message {
  const Type = pb[name];
  if (!Type) throw new Error(`collector.proto has no ${name}`);
  return new Type();
}

function decimal(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}
