// The encoder against bytes written down from trace.proto, resource.proto and common.proto, field by field
// (open-telemetry/opentelemetry-proto, version 1).
import { text, toText } from "../../../../assembly/bytes/slice";
import { Answer } from "../../../../assembly/report/format";
import { Otlp } from "../../../../assembly/report/otlp";
import { ConstantTag } from "../../../../assembly/span/span";
import { Bytes, fence, hexOf } from "../bytes";
import { below, startChance } from "../chance";
import { context, Encoded, set, smallestSpan, span } from "./spans";

const format = new Otlp(false, [new ConstantTag(text("a"), text("b"))], text("1"));
const framed = new Otlp(true, [new ConstantTag(text("a"), text("b"))], text("1"));

/** From 1 ns to 3 ns. */
function smallest(): void {
  smallestSpan(1, 2);
}

function encoded(): string {
  return new Encoded(format).hex;
}

function hex(bytes: Bytes): string {
  return hexOf(bytes.at, bytes.size);
}

const TRACE_ID = "0a 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 2c"; // Span.trace_id = 1, 16 bytes, big-endian
const SPAN_ID = "12 08 00 00 00 00 00 00 00 01"; // Span.span_id = 2, 8 bytes
const NAME = "2a 03 47 45 54"; // Span.name = 5: GET
const SERVER = "30 02"; // Span.kind = 6: SPAN_KIND_SERVER = 2
const CLIENT = "30 03"; // Span.kind = 6: SPAN_KIND_CLIENT = 3
const START = "39 01 00 00 00 00 00 00 00"; // Span.start_time_unix_nano = 7, fixed64, little-endian
const FLAGS = "85 01 01 01 00 00"; // Span.flags = 16, fixed32: sampled 0x1, is-remote known 0x100
const END = "41 03 00 00 00 00 00 00 00"; // Span.end_time_unix_nano = 8, fixed64

describe("a span for OpenTelemetry", () => {
  it("has ids, name, kind and times", () => {
    smallest();
    let bytes = new Bytes()
      .hex("12 3b") // ScopeSpans.spans = 2, 59 bytes
      .hex(TRACE_ID)
      .hex(SPAN_ID)
      .hex(NAME)
      .hex(SERVER)
      .hex(START)
      .hex(END)
      .hex(FLAGS);
    expect(encoded()).toBe(hex(bytes));
  });

  it("has its parent's id", () => {
    smallest();
    context.parentId = 0x8000000000000002;
    let bytes = new Bytes()
      .hex("12 45") // ScopeSpans.spans = 2, 69 bytes
      .hex(TRACE_ID)
      .hex(SPAN_ID)
      .hex("22 08 80 00 00 00 00 00 00 02") // Span.parent_span_id = 4
      .hex(NAME)
      .hex(SERVER)
      .hex(START)
      .hex(END)
      .hex("85 01 01 03 00 00"); // Span.flags = 16: the parent is remote, 0x200
    expect(encoded()).toBe(hex(bytes));
  });

  it("has all 128 bits of a trace id", () => {
    smallest();
    context.traceHigh = 0x80f198ee56343ba8;
    context.traceLow = 0x64fe8b2a57d3eff7;
    expect(encoded().includes("0a 10 80 f1 98 ee 56 34 3b a8 64 fe 8b 2a 57 d3 ef f7 12 08")).toBe(true, encoded());
  });

  it("has the tracestate that is passed on, and says that its trace id is random", () => {
    smallest();
    context.random = true;
    set(span.traceState, "a=1");
    expect(encoded().includes(SPAN_ID + " 1a 03 61 3d 31 " + NAME)).toBe(true, encoded()); // Span.trace_state = 3
    expect(encoded().endsWith("85 01 03 01 00 00")).toBe(true, encoded());
  });

  it("has a client's kind", () => {
    smallest();
    span.client = true;
    expect(encoded().includes(NAME + " " + CLIENT + " " + START)).toBe(true, encoded());
  });

  it("has an error status if it is an error", () => {
    smallest();
    span.error = true;
    // Span.status = 15, 2 bytes: Status.code = 3: STATUS_CODE_ERROR = 2
    expect(encoded().startsWith("12 3f ")).toBe(true, encoded());
    expect(encoded().endsWith(END + " 7a 02 18 02 " + FLAGS)).toBe(true, encoded());
  });

  it("has its tags in order, empty ones too", () => {
    smallest();
    set(span.tag(text("http.method")), "GET");
    set(span.tag(text("zone")), "");
    let bytes = new Bytes()
      .hex("12 5d") // ScopeSpans.spans = 2, 93 bytes
      .hex(TRACE_ID)
      .hex(SPAN_ID)
      .hex(NAME)
      .hex(SERVER)
      .hex(START)
      .hex(END)
      .hex("4a 14") // Span.attributes = 9, 20 bytes
      .hex("0a 0b")
      .text("http.method") // KeyValue.key = 1
      .hex("12 05") // KeyValue.value = 2, 5 bytes
      .hex("0a 03")
      .text("GET") // AnyValue.string_value = 1
      .hex("4a 0a") // Span.attributes = 9, 10 bytes
      .hex("0a 04")
      .text("zone") // KeyValue.key = 1
      .hex("12 02") // KeyValue.value = 2, 2 bytes
      .hex("0a 00") // AnyValue.string_value = 1, empty but present, as it is in a oneof
      .hex(FLAGS);
    expect(encoded()).toBe(hex(bytes));
  });

  it("is never larger than predicted, with the most tags and tags of any size", () => {
    smallest();
    context.traceHigh = u64.MAX_VALUE;
    context.traceLow = u64.MAX_VALUE;
    context.spanId = u64.MAX_VALUE;
    context.parentId = u64.MAX_VALUE;
    span.error = true;
    span.startNanos = u64.MAX_VALUE;
    set(span.traceState, "a=1,b=2");
    for (let i: u32 = 0; i < 52; i++) {
      let value = new Bytes().repeat(0x61, i % 2 === 0 ? i * 8 : i * 1000);
      span.tag(text("t")).set(value.at, value.size);
      let most = format.maxSpanSize(span);
      let at = heap.alloc(most);
      let end = format.encodeSpan(at, span);
      expect(<u32>(end - at) <= most).toBe(true);
      expect(format.spanEnd(at)).toBe(end);
      heap.free(at);
    }
  });
});

/** The report of `spans` smallest spans by `by`, finished: its first 400 bytes in hexadecimal. */
function reportBy(by: Otlp, spans: i32): string {
  smallest();
  let at = heap.alloc(by.head.size + <u32>spans * by.maxSpanSize(span) + by.tailSize);
  memory.copy(at, by.head.at, by.head.size);
  let end = at + by.head.size;
  for (let i = 0; i < spans; i++) end = by.encodeSpan(end, span);
  return hexOf(at, min(<u32>(by.finish(at, end, 7) - at), 400));
}

const SMALLEST = "12 3b " + [TRACE_ID, SPAN_ID, NAME, SERVER, START, END, FLAGS].join(" ");
const RESOURCE = "0a 0a 0a 08 0a 01 61 12 03 0a 01 62"; // ResourceSpans.resource = 1: Resource.attributes = 1: a = b
const SCOPE = "0a 0e 0a 09 6c 69 67 68 74 73 70 61 6e 12 01 31"; // ScopeSpans.scope = 1: name = 1, version = 2

describe("a whole report for OpenTelemetry", () => {
  it("is one resource and one scope around the spans, with lengths of four bytes", () => {
    // ExportTraceServiceRequest.resource_spans = 1, 94 bytes; ResourceSpans.scope_spans = 2, 77 bytes
    let one = "0a de 80 80 00 " + RESOURCE + " 12 cd 80 80 00 " + SCOPE + " " + SMALLEST;
    expect(reportBy(format, 1)).toBe(one);
    // three spans: 216 bytes, 199 bytes
    let three =
      "0a d8 81 80 00 " + RESOURCE + " 12 c7 81 80 00 " + SCOPE + " " + [SMALLEST, SMALLEST, SMALLEST].join(" ");
    expect(reportBy(format, 3)).toBe(three);
  });

  it("has correct lengths in a large report", () => {
    // 40,000 spans of 61 bytes: 2,440,033 and 2,440,016 bytes
    let report = reportBy(format, 40000);
    expect(report.startsWith("0a e1 f6 94 01 " + RESOURCE + " 12 d0 f6 94 01 " + SCOPE)).toBe(
      true,
      report.substring(0, 120),
    );
  });

  it("has gRPC's frame around it, with the length of the whole report", () => {
    let message = "0a de 80 80 00 " + RESOURCE + " 12 cd 80 80 00 " + SCOPE + " " + SMALLEST;
    expect(reportBy(framed, 1)).toBe("00 00 00 00 63 " + message); // 99 bytes
  });

  it("may have a resource without attributes, and one of any length", () => {
    let bare = new Otlp(false, [], text("1"));
    expect(hexOf(bare.head.at, bare.head.size).includes("0a 00 12")).toBe(true);
    let long = new Otlp(false, [new ConstantTag(text("t"), text("a".repeat(20000)))], text("1"));
    // Resource of 20,015 bytes: an attribute of 20,011 bytes, its value of 20,004 bytes, its text of 20,000 bytes
    let begin = "0a af 9c 01 0a ab 9c 01 0a 01 74 12 a4 9c 01 0a a0 9c 01 61";
    expect(hexOf(long.head.at + 5, 20)).toBe(begin);
  });
});

const answer = new Answer();

/** The content of an ExportTraceServiceResponse: rejected spans and complaint. */
function read(bytes: Bytes): string {
  format.readAnswer(fence(bytes.at, bytes.size), bytes.size, answer);
  return answer.rejected.toString() + " " + toText(answer.complaint);
}

describe("an answer of OpenTelemetry's collector", () => {
  it("is empty if all spans were accepted", () => {
    expect(read(new Bytes())).toBe("0 ");
    expect(read(new Bytes().hex("0a 00"))).toBe("0 ");
  });

  it("says how many were rejected, and why", () => {
    let bytes = new Bytes()
      .hex("0a 07") // ExportTraceServiceResponse.partial_success = 1, 7 bytes
      .hex("08 ac 02") // ExportTracePartialSuccess.rejected_spans = 1: 300
      .hex("12 02")
      .text("no"); // error_message = 2
    expect(read(bytes)).toBe("300 no");
  });

  it("may be a warning", () => {
    expect(read(new Bytes().hex("0a 04 12 02").text("hm"))).toBe("0 hm");
  });

  it("says nothing with other fields, nor with fields of another type", () => {
    expect(read(new Bytes().hex("12 04 08 01 10 02"))).toBe("0 ");
    expect(read(new Bytes().hex("08 05"))).toBe("0 ");
    expect(read(new Bytes().hex("0a 05 0d 01 00 00 00"))).toBe("0 ");
    expect(read(new Bytes().hex("0a 02 10 01"))).toBe("0 ");
  });

  it("says nothing if it is truncated or invalid", () => {
    expect(read(new Bytes().hex("0a 07 08 ac 02 12 02").text("n"))).toBe("0 ");
    expect(read(new Bytes().hex("0a 06 08 ac 02 12 02").text("n"))).toBe("0 ");
    expect(read(new Bytes().hex("0a 02 08 01 0f"))).toBe("0 ");
    expect(read(new Bytes().text('{"partialSuccess":{"rejectedSpans":"1"}}'))).toBe("0 ");
    expect(read(new Bytes().repeat(0xff, 1000))).toBe("0 ");
  });

  it("never tells to stop", () => {
    read(new Bytes().hex("0a 02 08 01"));
    expect(answer.disable).toBe(false);
  });

  it("never traps, whatever its bytes", () => {
    startChance(61);
    for (let i = 0; i < 20000; i++) {
      let bytes = new Bytes().hex("0a 07 08 ac 02 12 02 6e 6f");
      for (let j: u32 = 0; j <= below(3); j++) store<u8>(bytes.at + below(bytes.size), below(256));
      read(bytes);
      heap.free(bytes.at);
    }
    expect(read(new Bytes())).toBe("0 ");
  });
});
