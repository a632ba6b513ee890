// Builds OTLP requests with the encoder that OpenTelemetry generated from its own definitions.

import { createRequire } from "node:module";

const { opentelemetry } = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const { ExportTraceServiceRequest, ExportTraceServiceResponse } = opentelemetry.proto.collector.trace.v1;

export interface OtlpFields {
  [field: string]: unknown;
}

export const TRACE_ID = "463ac35c9f6413ada2fb4a1d1a96d312";
export const SPAN_ID = "a2fb4a1d1a96d312";

export const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** An attribute with any kind of value, such as `{ boolValue: true }`, or a string. */
export function attribute(key: string, value: OtlpFields | string): OtlpFields {
  return { key, value: typeof value === "string" ? { stringValue: value } : value };
}

/** A valid span, for tests that are about something else. */
export function someOtlpSpan(changes: OtlpFields = {}): OtlpFields {
  return {
    traceId: bytes(TRACE_ID),
    spanId: bytes(SPAN_ID),
    name: "reviews.default.svc.cluster.local:9080/*",
    kind: 2,
    startTimeUnixNano: 1_700_000_000_000_000,
    endTimeUnixNano: 1_700_000_001_260_000,
    ...changes,
  };
}

/** Encodes a request with one resource for each argument. */
export function encodeOtlp(...resources: { attributes?: OtlpFields[]; spans: OtlpFields[] }[]): Uint8Array {
  const resourceSpans = resources.map(({ attributes = [attribute("service.name", "reviews.default")], spans }) => ({
    resource: { attributes },
    scopeSpans: [{ spans }],
  }));
  return ExportTraceServiceRequest.encode({ resourceSpans }).finish();
}

/** Decodes an answer with the same code. */
export function decodeOtlpAnswer(body: Uint8Array): { partialSuccess: object | null } {
  return ExportTraceServiceResponse.decode(body);
}
