// Counts the spans in a report: the occurrences of one repeated field, found by walking through the enclosing messages.
// Knows where the spans are in each format; refuses to know what a span is.

export type Format = "lightstep" | "otlp" | "zipkin";

/** Field numbers from the report to its spans. */
const PATHS: Record<Format, number[]> = {
  // lightstep.collector.ReportRequest: spans
  lightstep: [3],
  // opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest: resource_spans, scope_spans, spans
  otlp: [1, 2, 2],
  // zipkin.proto3.ListOfSpans: spans
  zipkin: [1],
};

/** The spans in `report`. Throws RangeError for bytes that aren't protobuf. */
export function countSpans(format: Format, report: Uint8Array): number {
  return new Walk(report).count(PATHS[format], report.length);
}

class Walk {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Counts the fields along `path` from here to `end`. */
  count([field, ...deeper]: number[], end: number): number {
    let count = 0;
    while (this.#at < end) {
      const key = this.#varint();
      const size = this.#size(key & 7);
      const next = this.#at + size;
      if (next > end) throw new RangeError("a field is longer than its message");
      if (key >>> 3 === field) count += deeper.length === 0 ? 1 : this.count(deeper, next);
      this.#at = next;
    }
    return count;
  }

  /** Size in bytes of the value of that wire type that begins here. */
  #size(wireType: number): number {
    if (wireType === 2) return this.#varint();
    if (wireType === 1) return 8;
    if (wireType === 5) return 4;
    if (wireType !== 0) throw new RangeError(`wire type ${wireType} does not exist`);
    const start = this.#at;
    this.#varint();
    const size = this.#at - start;
    this.#at = start;
    return size;
  }

  /** Only sizes and keys matter, so a long varint's value need not be exact. */
  #varint(): number {
    let value = 0;
    for (let shift = 1; shift < 2 ** 70; shift *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new RangeError("the report ends within a number");
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number has more than ten bytes");
  }
}
