// The published Lightstep decoder (npm `lightstep-tracer`), types for the part that the satellite uses, and a stricter
// reader for it: this one stops at the end of the input, at a stray end-group mark, and at text that is not UTF-8.
// Leaves the wire format to the library, and the meaning of a span to lightstep.ts.

import { createRequire } from "node:module";

/** A google.protobuf.Timestamp. */
export interface TimestampPb {
  getSeconds(): number;
  getNanos(): number;
  setSeconds(seconds: number): void;
  setNanos(nanos: number): void;
}

/** The library returns ids and other 64-bit integers as exact decimal text. */
export interface SpanContextPb {
  getTraceId(): string;
  getSpanId(): string;
}

export interface KeyValuePb {
  getKey(): string;
  getValueCase(): number;
  getStringValue(): string;
  getIntValue(): string;
  getDoubleValue(): number;
  getBoolValue(): boolean;
  getJsonValue(): string;
}

export interface SpanPb {
  getSpanContext(): SpanContextPb | undefined;
  getOperationName(): string;
  getReferencesList(): { getSpanContext(): SpanContextPb | undefined }[];
  getStartTimestamp(): TimestampPb | undefined;
  getDurationMicros(): string;
  getTagsList(): KeyValuePb[];
}

export interface ReportRequestPb {
  getReporter(): { getReporterId(): string; getTagsList(): KeyValuePb[] } | undefined;
  getAuth(): { getAccessToken(): string } | undefined;
  getSpansList(): SpanPb[];
  getTimestampOffsetMicros(): string;
  getInternalMetrics(): { getCountsList(): { getName(): string; getIntValue(): string }[] } | undefined;
}

export interface ReportResponsePb {
  setReceiveTimestamp(timestamp: TimestampPb): void;
  setTransmitTimestamp(timestamp: TimestampPb): void;
  setErrorsList(errors: string[]): void;
  serializeBinary(): Uint8Array;
}

interface BinaryReader {
  nextField(): boolean;
  isEndGroup(): boolean;
  getCursor(): number;
  getFieldNumber(): number;
  skipField(): void;
  readBytes(): Uint8Array;
  readString(): string;
  readMessage(message: unknown, read: (message: unknown, reader: BinaryReader) => void): void;
}

interface CollectorPb {
  KeyValue: { ValueCase: Record<"STRING_VALUE" | "INT_VALUE" | "DOUBLE_VALUE" | "BOOL_VALUE" | "JSON_VALUE", number> };
  ReportRequest: {
    new (): ReportRequestPb;
    deserializeBinaryFromReader(message: ReportRequestPb, reader: BinaryReader): ReportRequestPb;
  };
  ReportResponse: new () => ReportResponsePb;
}

const here = createRequire(import.meta.url);
const collectorPath = here.resolve("lightstep-tracer/lib/imp/generated_proto/collector_pb.js");
// This must be the same copy of the runtime that the generated code loads, wherever npm installed it.
const beside = createRequire(collectorPath);
const runtime: { BinaryReader: new (bytes: Uint8Array) => BinaryReader; Map: new () => object } =
  beside("google-protobuf");

export const collectorPb: CollectorPb = here(collectorPath);
export const Timestamp: new () => TimestampPb = beside("google-protobuf/google/protobuf/timestamp_pb.js").Timestamp;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads one message. Throws an Error where the library's reader would loop, guess or stop early. */
export class StrictReader extends runtime.BinaryReader {
  readonly #size: number;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#size = bytes.length;
  }

  // If a nested length points past the input, the library parses up to 4 GiB that do not exist.
  override nextField(): boolean {
    if (this.getCursor() > this.#size) throw new Error("a length points past the end of the report");
    const more = super.nextField();
    // The library takes zeros for a series of unknown fields.
    if (more && this.getFieldNumber() === 0) throw new Error("a field has the number 0");
    return more;
  }

  // The generated code takes any end-group mark for the end of the message and ignores the rest.
  override isEndGroup(): boolean {
    if (super.isEndGroup()) throw new Error("a group ends that never began");
    return false;
  }

  // The library's readString runs to the stated length even past the input, for minutes, and drops bytes that are not
  // UTF-8. Its readBytes checks the length first.
  override readString(): string {
    return utf8.decode(this.readBytes());
  }

  // The library reads a map without the check above. The only map is the baggage, which nothing here shows.
  override readMessage(message: unknown, read: (message: unknown, reader: BinaryReader) => void): void {
    if (message instanceof runtime.Map) this.skipField();
    else super.readMessage(message, read);
  }
}
