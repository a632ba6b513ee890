// Decodes Lightstep reports into plain values, and encodes the answers. Rejects reports that make known Lightstep
// receivers fail or crash. Knows nothing of HTTP, stored traces or Envoy.

import { collectorPb, StrictReader, Timestamp } from "./collector_pb.ts";
import type { KeyValuePb, ReportRequestPb, SpanContextPb, SpanPb, TimestampPb } from "./collector_pb.ts";
import { ReportError } from "../store/report.ts";
import type { Report, ReportedSpan, Tags, TagValue } from "../store/report.ts";

/** Decodes a `ReportRequest`. Throws ReportError if the bytes do not decode or a required part is missing. */
export function decodeReport(body: Uint8Array): Report {
  const request = parse(body);
  const reporter = request.getReporter();
  if (!reporter) throw new ReportError("the report has no Reporter");
  const offsetMicros = Number(request.getTimestampOffsetMicros());
  const reporterTags = readTags(reporter.getTagsList());
  return {
    reporterId: hexId(reporter.getReporterId()),
    reporterTags,
    service: String(reporterTags["lightstep.component_name"] ?? "unknown"),
    hasAccessToken: (request.getAuth()?.getAccessToken() ?? "") !== "",
    spans: request.getSpansList().map((span, index) => readSpan(span, index, offsetMicros)),
  };
}

/** Encodes a `ReportResponse`. Times are microseconds since the epoch; a report with errors counts as failed. */
export function encodeResponse(answer: {
  receiveMicros: number;
  transmitMicros: number;
  errors?: string[];
}): Uint8Array {
  const response = new collectorPb.ReportResponse();
  response.setReceiveTimestamp(timestamp(answer.receiveMicros));
  response.setTransmitTimestamp(timestamp(answer.transmitMicros));
  response.setErrorsList(answer.errors ?? []);
  return response.serializeBinary();
}

function parse(body: Uint8Array): ReportRequestPb {
  try {
    return collectorPb.ReportRequest.deserializeBinaryFromReader(
      new collectorPb.ReportRequest(),
      new StrictReader(body),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReportError(`the body is not a Lightstep ReportRequest: ${reason}`, { cause });
  }
}

function readSpan(span: SpanPb, index: number, offsetMicros: number): ReportedSpan {
  const context = span.getSpanContext();
  const traceId = contextId(context, "getTraceId");
  const spanId = contextId(context, "getSpanId");
  const start = span.getStartTimestamp();
  if (traceId === null) throw new ReportError(`span ${index} has no trace_id`);
  if (spanId === null) throw new ReportError(`span ${index} has no span_id`);
  if (!start) throw new ReportError(`span ${index} has no start_timestamp`);
  return {
    traceId,
    spanId,
    parentId: contextId(span.getReferencesList()[0]?.getSpanContext(), "getSpanId"),
    operation: span.getOperationName(),
    startMicros: start.getSeconds() * 1_000_000 + Math.floor(start.getNanos() / 1000) + offsetMicros,
    durationMicros: Number(span.getDurationMicros()),
    tags: readTags(span.getTagsList()),
  };
}

function contextId(context: SpanContextPb | undefined, getter: keyof SpanContextPb): string | null {
  const decimal = context?.[getter]() ?? "0";
  return decimal === "0" ? null : hexId(decimal);
}

// The library returns 64-bit integers as decimal text, which BigInt reads without loss.
function hexId(decimal: string): string {
  return BigInt(decimal).toString(16).padStart(16, "0");
}

function readTags(list: KeyValuePb[]): Tags {
  return Object.fromEntries(list.map((tag) => [tag.getKey(), tagValue(tag)]));
}

function tagValue(tag: KeyValuePb): TagValue {
  const { INT_VALUE, DOUBLE_VALUE, BOOL_VALUE, JSON_VALUE } = collectorPb.KeyValue.ValueCase;
  switch (tag.getValueCase()) {
    case BOOL_VALUE:
      return tag.getBoolValue();
    case INT_VALUE: {
      // An integer too large for a number stays text: converting it would change its value.
      const value = Number(tag.getIntValue());
      return Number.isSafeInteger(value) ? value : tag.getIntValue();
    }
    case DOUBLE_VALUE: {
      // JSON has no NaN or infinity; they would become null.
      const value = tag.getDoubleValue();
      return Number.isFinite(value) ? value : String(value);
    }
    case JSON_VALUE:
      return tag.getJsonValue();
    default:
      return tag.getStringValue();
  }
}

function timestamp(micros: number): TimestampPb {
  const result = new Timestamp();
  result.setSeconds(Math.floor(micros / 1_000_000));
  result.setNanos((micros % 1_000_000) * 1000);
  return result;
}
