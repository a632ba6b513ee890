// The table of formats that the satellite receives: the paths over HTTP and gRPC, how a report is decoded and how it is
// answered. Knows no connection and no store.

import { decodeReport, encodeResponse } from "./lightstep.ts";
import { decodeOtlp, encodeStatus } from "./otlp.ts";
import type { FormatName, Report } from "../store/report.ts";
import { decodeZipkin } from "./zipkin.ts";

/** An answer: the body over HTTP, or the message over gRPC. */
export interface Reply {
  type: string;
  body: Uint8Array;
}

export interface Format {
  name: FormatName;
  path: string;
  contentType: string;
  /** The HTTP status of an accepted report. */
  accepted: number;
  /** The path over gRPC, if the format has one. */
  grpcPath?: string;
  /** Throws ReportError. */
  decode(body: Uint8Array): Report[];
  /** The answer to an accepted report. */
  accept(receiveMicros: number): Reply;
  /** The answer, over HTTP, to a refused one. */
  refuse(reason: string, receiveMicros: number): Reply;
}

const OCTETS = "application/octet-stream";
const PROTOBUF = "application/x-protobuf";
const TEXT = "text/plain; charset=utf-8";
const NOTHING = new Uint8Array();

function lightstepReply(receiveMicros: number, errors: string[]): Reply {
  return { type: OCTETS, body: encodeResponse({ receiveMicros, transmitMicros: Date.now() * 1000, errors }) };
}

export const formats: Format[] = [
  {
    name: "lightstep",
    path: "/api/v2/reports",
    contentType: OCTETS,
    accepted: 200,
    grpcPath: "/lightstep.collector.CollectorService/Report",
    decode: (body) => [decodeReport(body)],
    accept: (receiveMicros) => lightstepReply(receiveMicros, []),
    refuse: (reason, receiveMicros) => lightstepReply(receiveMicros, [reason]),
  },
  {
    name: "otlp",
    path: "/v1/traces",
    contentType: PROTOBUF,
    accepted: 200,
    grpcPath: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    decode: decodeOtlp,
    // An ExportTraceServiceResponse that reports full success has no bytes.
    accept: () => ({ type: PROTOBUF, body: NOTHING }),
    refuse: (reason) => ({ type: PROTOBUF, body: encodeStatus(reason) }),
  },
  {
    name: "zipkin",
    path: "/api/v2/spans",
    contentType: "application/json",
    accepted: 202,
    decode: decodeZipkin,
    accept: () => ({ type: TEXT, body: NOTHING }),
    refuse: (reason) => ({ type: TEXT, body: Buffer.from(reason) }),
  },
];
