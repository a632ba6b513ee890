// The published Lightstep decoder (npm `lightstep-tracer`) and the part of its shape that the satellite uses, plus a
// reader for it that stops where its own goes on: at the end of the input, at a stray end-group mark, at text that is
// not UTF-8. The wire format itself is the library's business; what a span means is lightstep.ts's.

import { createRequire } from "node:module";

/** A google.protobuf.Timestamp. */
export interface TimestampPb {
  getSeconds(): number;
  getNanos(): number;
  setSeconds(seconds: number): void;
  setNanos(nanos: number): void;
}

/** Ids and other 64-bit integers come out of the library as exact decimal text. */
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
// The runtime must be the very copy that the generated code was loaded with, wherever npm put it.
const beside = createRequire(collectorPath);
const runtime: { BinaryReader: new (bytes: Uint8Array) => BinaryReader; Map: new () => object } =
  beside("google-protobuf");

export const collectorPb: CollectorPb = here(collectorPath);
export const Timestamp: new () => TimestampPb = beside("google-protobuf/google/protobuf/timestamp_pb.js").Timestamp;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads one message and throws an Error where the library's reader would loop, guess or stop early. */
export class StrictReader extends runtime.BinaryReader {
  readonly #size: number;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#size = bytes.length;
  }

  // A nested length that points past the input has the library parse the nothing behind it, up to 4 GiB of it.
  override nextField(): boolean {
    if (this.getCursor() > this.#size) throw new Error("a length points past the end of the report");
    const more = super.nextField();
    // Zeros would pass for one unknown field after another.
    if (more && this.getFieldNumber() === 0) throw new Error("a field has the number 0");
    return more;
  }

  // The generated code takes any end-group mark for the end of the message and forgets the rest.
  override isEndGroup(): boolean {
    if (super.isEndGroup()) throw new Error("a group ends that never began");
    return false;
  }

  // The library's own reading of strings runs to the stated length even without input (minutes of it), and drops
  // bytes that are not UTF-8; its reading of bytes checks the length first.
  override readString(): string {
    return utf8.decode(this.readBytes());
  }

  // A map (the baggage, which nothing here shows) would be read around the check above.
  override readMessage(message: unknown, read: (message: unknown, reader: BinaryReader) => void): void {
    if (message instanceof runtime.Map) this.skipField();
    else super.readMessage(message, read);
  }
}
