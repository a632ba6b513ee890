// The encoder against bytes written down from collector.proto, field by field (lightstep/lightstep-tracer-common).
import { Slice, text } from "../../../../assembly/bytes/slice";
import { Lightstep } from "../../../../assembly/report/lightstep";
import { ConstantTag } from "../../../../assembly/span/span";
import { Bytes, hexOf } from "../bytes";
import { context, Encoded, set, smallestSpan, span } from "./spans";

const format = new Lightstep(false, 300, [], text(""));

/** At 1700000000.006637 s, 1.26 s. */
function smallest(): void {
  smallestSpan(1700000000006637000, 1260000000);
}

function encoded(): string {
  return new Encoded(format).hex;
}

function hex(bytes: Bytes): string {
  return hexOf(bytes.at, bytes.size);
}

// The parts that all spans of these tests share.
const CONTEXT = "0a 05 08 ac 02 10 01"; // Span.span_context = 1, 5 bytes: SpanContext.trace_id = 1, span_id = 2
const OPERATION = "12 03 47 45 54"; // Span.operation_name = 2: GET
const START = "22 0b 08 80 e2 cf aa 06 10 c8 8b 95 03"; // Span.start_timestamp = 4: Timestamp.seconds = 1, nanos = 2
const DURATION = "28 e0 f3 4c"; // Span.duration_micros = 5: 1260000

// Span.tags = 6, 19 bytes: KeyValue.key = 1: span.kind, KeyValue.string_value = 2
const KIND = "32 13 0a 09 73 70 61 6e 2e 6b 69 6e 64 12 06 ";
const SERVER = KIND + "73 65 72 76 65 72";
const CLIENT = KIND + "63 6c 69 65 6e 74";

describe("a span for Lightstep", () => {
  it("has context, operation, start, duration and kind", () => {
    smallest();
    let bytes = new Bytes()
      .hex("1a 32") // ReportRequest.spans = 3, 50 bytes
      .hex(CONTEXT)
      .hex(OPERATION)
      .hex(START)
      .hex(DURATION)
      .hex(SERVER);
    expect(encoded()).toBe(hex(bytes));
  });

  it("has one complete reference to its parent", () => {
    smallest();
    context.parentId = 2;
    let bytes = new Bytes()
      .hex("1a 3b") // ReportRequest.spans = 3, 59 bytes
      .hex(CONTEXT)
      .hex(OPERATION)
      .hex("1a 07") // Span.references = 3, 7 bytes; relationship = 1 is CHILD_OF = 0 and left out
      .hex("12 05 08 ac 02 10 02") // Reference.span_context = 2: SpanContext.trace_id = 1, span_id = 2
      .hex(START)
      .hex(DURATION)
      .hex(SERVER);
    expect(encoded()).toBe(hex(bytes));
  });

  it("has all 64 bits of its ids, and the lower half of a wider trace id", () => {
    smallest();
    context.traceHigh = 0x80f198ee56343ba8;
    context.wide = true;
    context.traceLow = u64.MAX_VALUE;
    context.spanId = 0x8000000000000001;
    context.parentId = 0x8000000000000000;
    let bytes = new Bytes()
      .hex("1a 5d") // ReportRequest.spans = 3, 93 bytes
      .hex("0a 16") // Span.span_context = 1, 22 bytes
      .hex("08 ff ff ff ff ff ff ff ff ff 01") // SpanContext.trace_id = 1: 2^64 - 1
      .hex("10 81 80 80 80 80 80 80 80 80 01") // SpanContext.span_id = 2: 2^63 + 1
      .hex(OPERATION)
      .hex("1a 18") // Span.references = 3, 24 bytes
      .hex("12 16") // Reference.span_context = 2, 22 bytes
      .hex("08 ff ff ff ff ff ff ff ff ff 01") // SpanContext.trace_id = 1: 2^64 - 1
      .hex("10 80 80 80 80 80 80 80 80 80 01") // SpanContext.span_id = 2: 2^63
      .hex(START)
      .hex(DURATION)
      .hex(SERVER);
    expect(encoded()).toBe(hex(bytes));
  });

  it("has the upper half of a trace id whose lower half is zero, which would not be an id", () => {
    smallest();
    context.traceHigh = 300;
    context.traceLow = 0;
    context.wide = true;
    context.parentId = 2;
    expect(encoded().includes("0a 05 08 ac 02 10 01 12 03")).toBe(true); // Span.span_context = 1
    expect(encoded().includes("1a 07 12 05 08 ac 02 10 02")).toBe(true); // Span.references = 3
  });

  it("is never larger than predicted, with the most tags and the largest numbers", () => {
    smallest();
    context.traceLow = u64.MAX_VALUE;
    context.spanId = u64.MAX_VALUE;
    context.parentId = u64.MAX_VALUE;
    span.error = true;
    span.startNanos = u64.MAX_VALUE;
    span.durationNanos = u64.MAX_VALUE;
    for (let size: u32 = 0; size < 52; size++) {
      let value = new Bytes().repeat(0x61, size * 8);
      span.tag(text("t")).set(value.at, value.size);
      expect(encoded()).not.toBe("too large");
    }
  });

  it("has a client's kind", () => {
    smallest();
    span.client = true;
    expect(encoded().endsWith(CLIENT)).toBe(true);
  });

  it("has an error tag that is true, if it is an error", () => {
    smallest();
    span.error = true;
    let bytes = new Bytes()
      .hex("1a 3d") // ReportRequest.spans = 3, 61 bytes
      .hex(CONTEXT)
      .hex(OPERATION)
      .hex(START)
      .hex(DURATION)
      .hex(SERVER)
      .hex("32 09") // Span.tags = 6, 9 bytes
      .hex("0a 05 65 72 72 6f 72") // KeyValue.key = 1: error
      .hex("28 01"); // KeyValue.bool_value = 5: true
    expect(encoded()).toBe(hex(bytes));
  });

  it("has its tags in order, empty ones too", () => {
    smallest();
    set(span.tag(text("http.method")), "GET");
    set(span.tag(text("zone")), "");
    let bytes = new Bytes()
      .hex("1a 50") // ReportRequest.spans = 3, 80 bytes
      .hex(CONTEXT)
      .hex(OPERATION)
      .hex(START)
      .hex(DURATION)
      .hex(SERVER)
      .hex("32 12") // Span.tags = 6, 18 bytes
      .hex("0a 0b")
      .text("http.method") // KeyValue.key = 1
      .hex("12 03")
      .text("GET") // KeyValue.string_value = 2
      .hex("32 08") // Span.tags = 6, 8 bytes
      .hex("0a 04")
      .text("zone") // KeyValue.key = 1
      .hex("12 00"); // KeyValue.string_value = 2, empty but present, as it is in a oneof
    expect(encoded()).toBe(hex(bytes));
  });

  it("has times of zero, and the largest times", () => {
    smallest();
    span.startNanos = 0;
    span.durationNanos = 999;
    expect(encoded().includes("22 04 08 00 10 00 28 00 32")).toBe(true);
    span.startNanos = u64.MAX_VALUE; // 18446744073 s, 709551615 ns
    span.durationNanos = u64.MAX_VALUE; // 18446744073709551 us
    let bytes = new Bytes()
      .hex("22 0c") // Span.start_timestamp = 4, 12 bytes
      .hex("08 89 f4 8b dc 44") // Timestamp.seconds = 1
      .hex("10 ff cb ab d2 02") // Timestamp.nanos = 2
      .hex("28 ef cf 9a de f4 a6 e2 20"); // Span.duration_micros = 5
    expect(encoded().includes(hex(bytes))).toBe(true, encoded());
  });

  it("is written correctly beyond 128 bytes and 16 KiB, where its length takes two and three bytes", () => {
    let sizes: u32[] = [50, 121, 122, 123, 124, 200, 16000, 16400, 70000, 2100000];
    let lengths: u32[] = [1, 2, 2, 2, 2, 2, 2, 3, 3, 4];
    for (let i = 0; i < sizes.length; i++) {
      smallest();
      let value = new Bytes().repeat(0x61, sizes[i]);
      span.tag(text("t")).set(value.at, value.size);
      let most = format.maxSpanSize(span);
      let at = heap.alloc(most);
      let size = <u32>(format.encodeSpan(at, span) - at);
      expect(size <= most).toBe(true);

      // The same after a length written by hand: `spans` contains the smallest span and the tag.
      let tag = new Bytes().hex("0a 01 74 12").add(varint(sizes[i]).at, varint(sizes[i]).size);
      tag.add(value.at, value.size);
      let body = new Bytes().hex(CONTEXT).hex(OPERATION).hex(START).hex(DURATION).hex(SERVER);
      body.hex("32").add(varint(tag.size).at, varint(tag.size).size).add(tag.at, tag.size);
      let whole = new Bytes().hex("1a").add(varint(body.size).at, varint(body.size).size).add(body.at, body.size);
      expect(varint(body.size).size).toBe(lengths[i]);
      expect(size).toBe(whole.size);
      expect(memory.compare(at, whole.at, size)).toBe(0, sizes[i].toString());
    }
  });
});

/** `value` as a varint, by definition. */
function varint(value: u32): Bytes {
  let bytes = new Bytes();
  for (; value > 127; value >>= 7) bytes.byte(<u8>(value | 128));
  return bytes.byte(<u8>value);
}

function headOf(reporterId: u64, tags: ConstantTag[], accessToken: Slice): Slice {
  return new Lightstep(false, reporterId, tags, accessToken).head;
}

describe("the head of a report for Lightstep", () => {
  it("is the reporter with its tags, and the token", () => {
    let tags = [new ConstantTag(text("lightstep.component_name"), text("reviews.default"))];
    tags.push(new ConstantTag(text("a"), text("")));
    let head = headOf(300, tags, text("hush"));
    let bytes = new Bytes()
      .hex("0a 37") // ReportRequest.reporter = 1, 55 bytes
      .hex("08 ac 02") // Reporter.reporter_id = 1: 300
      .hex("22 2b") // Reporter.tags = 4, 43 bytes
      .hex("0a 18")
      .text("lightstep.component_name") // KeyValue.key = 1
      .hex("12 0f")
      .text("reviews.default") // KeyValue.string_value = 2
      .hex("22 05 0a 01 61 12 00") // Reporter.tags = 4: `a`, empty
      .hex("12 06") // ReportRequest.auth = 2, 6 bytes
      .hex("0a 04")
      .text("hush"); // Auth.access_token = 1
    expect(hexOf(head.at, head.size)).toBe(hex(bytes));
  });

  it("has no auth if there is no token", () => {
    let head = headOf(1, [], text(""));
    expect(hexOf(head.at, head.size)).toBe("0a 02 08 01");
  });

  it("has all 64 bits of the reporter's id", () => {
    let head = headOf(u64.MAX_VALUE, [], text(""));
    expect(hexOf(head.at, head.size)).toBe("0a 0b 08 ff ff ff ff ff ff ff ff ff 01");
  });

  it("may have a token and tags of any length", () => {
    let tags = [new ConstantTag(text("t"), text("a".repeat(20000)))];
    let head = headOf(1, tags, text("b".repeat(20000)));
    let begin = new Bytes()
      .hex("0a ad 9c 01") // ReportRequest.reporter = 1, 20013 bytes
      .hex("08 01") // Reporter.reporter_id = 1: 1
      .hex("22 a7 9c 01") // Reporter.tags = 4, 20007 bytes
      .hex("0a 01 74 12 a0 9c 01"); // KeyValue.key = 1: t, KeyValue.string_value = 2, 20000 bytes
    expect(hexOf(head.at, begin.size)).toBe(hex(begin));
    let auth = new Bytes()
      .hex("12 a4 9c 01") // ReportRequest.auth = 2, 20004 bytes
      .hex("0a a0 9c 01"); // Auth.access_token = 1, 20000 bytes
    expect(hexOf(head.at + begin.size + 20000, auth.size)).toBe(hex(auth));
    expect(head.size).toBe(begin.size + 20000 + auth.size + 20000);
    expect(load<u8>(head.at + head.size - 1)).toBe(0x62);
  });
});

/** The report of `spans` smallest spans by `by`, finished, in hexadecimal. */
function reportBy(by: Lightstep, spans: i32, lost: u32): string {
  smallest();
  let at = heap.alloc(by.head.size + <u32>spans * by.maxSpanSize(span) + by.tailSize);
  memory.copy(at, by.head.at, by.head.size);
  let end = at + by.head.size;
  for (let i = 0; i < spans; i++) {
    let next = by.encodeSpan(end, span);
    if (by.spanEnd(end) !== next) return "the end of span " + i.toString() + " is not found";
    end = next;
  }
  let finished = by.finish(at, end, lost);
  return finished > end + by.tailSize ? "too long" : hexOf(at, <u32>(finished - at));
}

const HEAD = "0a 03 08 ac 02"; // ReportRequest.reporter = 1: Reporter.reporter_id = 1: 300
const SMALLEST = "1a 32 " + CONTEXT + " " + OPERATION + " " + START + " " + DURATION + " " + SERVER;

describe("a whole report for Lightstep", () => {
  it("is the head and the spans if none was lost", () => {
    expect(reportBy(format, 2, 0)).toBe(HEAD + " " + SMALLEST + " " + SMALLEST);
  });

  it("ends with the count of lost spans", () => {
    let metrics = new Bytes()
      .hex("32 14") // ReportRequest.internal_metrics = 6, 20 bytes
      .hex("22 12") // InternalMetrics.counts = 4, 18 bytes
      .hex("0a 0d")
      .text("spans.dropped") // MetricsSample.name = 1
      .hex("10 ac 02"); // MetricsSample.int_value = 2: 300
    expect(reportBy(format, 1, 300)).toBe(HEAD + " " + SMALLEST + " " + hex(metrics));
    expect(reportBy(format, 1, 1).endsWith("32 13 22 11 0a 0d 73 70 61 6e 73 2e 64 72 6f 70 70 65 64 10 01")).toBe(
      true,
    );
    expect(reportBy(format, 1, u32.MAX_VALUE).endsWith(" 10 ff ff ff ff 0f")).toBe(true);
  });

  it("has gRPC's frame around it, with the length of the whole report", () => {
    let framed = new Lightstep(true, 300, [], text(""));
    // 5 bytes of head and 52 of the span; with the metrics 21 more
    expect(reportBy(framed, 1, 0)).toBe("00 00 00 00 39 " + HEAD + " " + SMALLEST);
    expect(reportBy(framed, 1, 1).startsWith("00 00 00 00 4e " + HEAD + " " + SMALLEST + " 32 13")).toBe(true);
    expect(reportBy(framed, 10, 0).startsWith("00 00 00 02 0d " + HEAD)).toBe(true);
  });
});
