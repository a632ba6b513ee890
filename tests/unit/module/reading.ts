// Reads a report of any format from its HTTP call. The bytes must match the headers.
import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { collectorPb, StrictReader } from "../../../satellite/receive/collector_pb.ts";
import { decodeReport } from "../../../satellite/receive/lightstep.ts";
import type { HttpCall } from "../../host/vm.ts";
import { all, numberIn, one, textIn } from "./protobuf.ts";

/** What all formats say about a span; `traceId` has as many digits as in the format. */
export interface Read {
  traceId: string;
  spanId: string;
  /** "" if there is none. */
  parentId: string;
  name: string;
  kind: string;
  isError: boolean;
  startMicros: number;
  durationMicros: number;
  tags: Record<string, string>;
}

export interface Reading {
  format: "lightstep" | "otlp" | "zipkin";
  isGrpc: boolean;
  service: string;
  /** The tags of the reporter or the resource. */
  tags: Record<string, string>;
  spans: Read[];
  /** `spans.dropped` in Lightstep's InternalMetrics; 0 if absent. */
  lost: number;
}

function messageOf(call: HttpCall): Uint8Array {
  const headers = new Map(call.headers);
  const body = headers.get("content-encoding") === "deflate" ? inflateSync(call.body) : call.body;
  if (headers.get("content-type") !== "application/grpc") return body;
  assert.equal(headers.get("te"), "trailers");
  assert.equal(body[0], 0, "gRPC's flag of compression");
  assert.equal(Buffer.from(body).readUInt32BE(1), body.length - 5, "gRPC's length");
  return body.subarray(5);
}

const KINDS: Record<number, string> = { 2: "server", 3: "client" };

function attributesOf(message: Uint8Array, number: number): Record<string, string> {
  return Object.fromEntries(all(message, number).map((entry) => [textIn(entry, 1), textIn(one(entry, 2), 1)]));
}

function readOtlpSpan(span: Uint8Array): Read {
  const hex = (number: number) => Buffer.from(all(span, number)[0] ?? []).toString("hex");
  const start = numberIn(span, 7);
  return {
    ...{ traceId: hex(1), spanId: hex(2), parentId: hex(4), name: textIn(span, 5) },
    kind: KINDS[Number(numberIn(span, 6))] ?? "",
    isError: all(span, 15).some((status) => numberIn(status, 3) === 2n),
    startMicros: Number(start / 1000n),
    durationMicros: Number((numberIn(span, 8) - start) / 1000n),
    tags: attributesOf(span, 9),
  };
}

function readOtlp(message: Uint8Array): Omit<Reading, "isGrpc"> {
  const resourceSpans = one(message, 1);
  const scopeSpans = one(resourceSpans, 2);
  assert.equal(textIn(one(scopeSpans, 1), 1), "lightspan");
  const tags = attributesOf(one(resourceSpans, 1), 1);
  const spans = all(scopeSpans, 2).map(readOtlpSpan);
  return { format: "otlp", service: tags["service.name"] ?? "", tags, spans, lost: 0 };
}

function readLightstep(message: Uint8Array): Omit<Reading, "isGrpc"> {
  const { service, reporterTags, spans } = decodeReport(message);
  const text = (tags: object) => Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, String(tag)]));
  const request = new collectorPb.ReportRequest();
  collectorPb.ReportRequest.deserializeBinaryFromReader(request, new StrictReader(message));
  const counts = request.getInternalMetrics()?.getCountsList() ?? [];
  const lost = counts
    .filter((count) => count.getName() === "spans.dropped")
    .map((count) => Number(count.getIntValue()));
  return {
    ...{ format: "lightstep", service, tags: text(reporterTags), lost: lost[0] ?? 0 },
    spans: spans.map((span) => ({
      ...{ traceId: span.traceId, spanId: span.spanId, parentId: span.parentId ?? "", name: span.operation },
      ...{ kind: String(span.tags["span.kind"]), isError: span.tags.error === true },
      ...{ startMicros: span.startMicros, durationMicros: span.durationMicros, tags: text(span.tags) },
    })),
  };
}

interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  kind: string;
  name: string;
  timestamp: number;
  duration: number;
  localEndpoint: { serviceName: string };
  tags: Record<string, string>;
}

function readZipkin(message: Uint8Array): Omit<Reading, "isGrpc"> {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(message);
  const spans = JSON.parse(text) as ZipkinSpan[];
  return {
    ...{ format: "zipkin", service: spans[0]?.localEndpoint.serviceName ?? "", tags: {}, lost: 0 },
    spans: spans.map((span) => ({
      ...{ traceId: span.traceId, spanId: span.id, parentId: span.parentId ?? "", name: span.name },
      ...{ kind: span.kind.toLowerCase(), isError: span.tags.error !== undefined },
      ...{ startMicros: span.timestamp, durationMicros: span.duration, tags: span.tags },
    })),
  };
}

const READERS: Record<string, (message: Uint8Array) => Omit<Reading, "isGrpc">> = {
  "application/octet-stream": readLightstep,
  "application/x-protobuf": readOtlp,
  "application/json": readZipkin,
  "/lightstep.collector.CollectorService/Report": readLightstep,
  "/opentelemetry.proto.collector.trace.v1.TraceService/Export": readOtlp,
};

/** The report in `call`. Throws if its receiver would not understand it. */
export function readReport(call: HttpCall): Reading {
  const headers = new Map(call.headers);
  const isGrpc = headers.get("content-type") === "application/grpc";
  const reader = READERS[headers.get(isGrpc ? ":path" : "content-type") ?? ""];
  assert.ok(reader, JSON.stringify(call.headers));
  const message = messageOf(call);
  return { ...reader(message), isGrpc };
}

/** gRPC's frame around a message. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
