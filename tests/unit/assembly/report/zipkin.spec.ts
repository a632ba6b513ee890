// The encoder against JSON written down from Zipkin's API, version 2 (openzipkin/zipkin-api, zipkin2-api.yaml).
// tests/unit/module uses JSON.parse to check that it is JSON.
import { Slice, text } from "../../../../assembly/bytes/slice";
import { DEBUG } from "../../../../assembly/context/context";
import { Zipkin } from "../../../../assembly/report/zipkin";
import { ConstantTag } from "../../../../assembly/span/span";
import { Bytes } from "../bytes";
import { context, Encoded, set, smallestSpan, span } from "./spans";

const format = new Zipkin(text("reviews"), [new ConstantTag(text("component"), text("proxy"))]);

/** At 1700000000.006637 s, 1.26 s. */
function smallest(): void {
  smallestSpan(1700000000006637999, 1260000999);
}

function encoded(): string {
  return new Encoded(format).text;
}

const IDS = '{"traceId":"000000000000012c","id":"0000000000000001","';
const NAME = 'kind":"SERVER","name":"GET","';
const TIMES = 'timestamp":1700000000006637,"duration":1260000,';
const CONSTANT = '"localEndpoint":{"serviceName":"reviews"},"tags":{"component":"proxy"';

describe("a span for Zipkin", () => {
  it("has ids, kind, name, times in microseconds, service and the constant tags", () => {
    smallest();
    expect(encoded()).toBe(IDS + NAME + TIMES + CONSTANT + "}},");
  });

  it("has its parent's id", () => {
    smallest();
    context.parentId = 0x8000000000000002;
    expect(encoded()).toBe(IDS + 'parentId":"8000000000000002","' + NAME + TIMES + CONSTANT + "}},");
  });

  it("has all 32 digits of a wide trace id", () => {
    smallest();
    context.traceHigh = 0x80f198ee56343ba8;
    expect(encoded().startsWith('{"traceId":"80f198ee56343ba8000000000000012c","id":"')).toBe(true, encoded());
  });

  it("has a client's kind", () => {
    smallest();
    span.client = true;
    expect(encoded().includes('"kind":"CLIENT","name"')).toBe(true, encoded());
  });

  it("lasts at least one microsecond: zero would mean unknown", () => {
    smallest();
    span.durationNanos = 999;
    expect(encoded().includes('"duration":1,"localEndpoint"')).toBe(true, encoded());
    span.durationNanos = 0;
    expect(encoded().includes('"duration":1,"localEndpoint"')).toBe(true, encoded());
  });

  it("says that it is a debug span", () => {
    smallest();
    context.decision = DEBUG;
    expect(encoded()).toBe(IDS + NAME + TIMES + '"debug":true,' + CONSTANT + "}},");
  });

  it("has the error tag, and its tags in order, empty ones too", () => {
    smallest();
    span.error = true;
    set(span.tag(text("http.method")), "GET");
    set(span.tag(text("zone")), "");
    expect(encoded()).toBe(IDS + NAME + TIMES + CONSTANT + ',"error":"true","http.method":"GET","zone":""}},');
  });

  it("escapes exactly what JSON requires", () => {
    smallest();
    set(span.operation, '"\\');
    set(span.tag(text('a"b')), "\0\t\n\u000f\u0010\u001f /\u007fé😀");
    let tag = '"a\\"b":"\\u0000\\u0009\\u000a\\u000f\\u0010\\u001f /\u007fé😀"';
    expect(encoded()).toBe(IDS + 'kind":"SERVER","name":"\\"\\\\","' + TIMES + CONSTANT + "," + tag + "}},");
  });

  it("has its end found, whatever brackets, quotes and backslashes its tags have", () => {
    let values = ["}", "{", "}},", '"', '\\"', "\\", "\\\\", '"}},{"traceId":"', "[", "]", '\\\\"}', "{{{{", "\\u0022"];
    for (let i = 0; i < values.length; i++) {
      smallest();
      set(span.operation, values[i]);
      set(span.tag(text(values[i])), values[i]);
      expect(encoded()).not.toBe("the end is not found", values[i]);
    }
  });

  it("is never larger than predicted, with tags that are all control characters and the largest numbers", () => {
    smallest();
    context.traceHigh = u64.MAX_VALUE;
    context.traceLow = u64.MAX_VALUE;
    context.spanId = u64.MAX_VALUE;
    context.parentId = u64.MAX_VALUE;
    context.decision = DEBUG;
    span.client = true;
    span.error = true;
    span.startNanos = u64.MAX_VALUE;
    span.durationNanos = u64.MAX_VALUE;
    let name = new Bytes().repeat(1, 300);
    span.operation.set(name.at, name.size);
    expect(encoded()).not.toBe("too large");
    for (let i: u32 = 0; i < 52; i++) {
      let value = new Bytes().repeat(i % 3 === 0 ? 0x22 : 0x1f, i * 50);
      let tag = new Slice();
      tag.set(name.at, 7);
      span.tag(tag).set(value.at, value.size);
      let json = encoded();
      expect(json).not.toBe("too large");
      expect(json).not.toBe("the end is not found");
    }
  });
});

describe("the room that a span for Zipkin asks for", () => {
  it("is that of its text, if nothing is escaped", () => {
    smallest();
    let long = new Bytes().repeat(0x61, 11000);
    span.tag(text("http.url")).set(long.at, long.size);
    let least = <u32>encoded().length;
    expect(least > 11000).toBe(true);
    expect(format.maxSpanSize(span) < least + 400).toBe(true, format.maxSpanSize(span).toString());
  });

  it("grows by what each escaped byte needs, wherever it is among plain ones", () => {
    smallest();
    let value = new Bytes();
    let tag = span.tag(text("a"));
    for (let i: u32 = 0; i < 40; i++) value.repeat(0x61, 1);
    tag.set(value.at, value.size);
    let plain = format.maxSpanSize(span);
    for (let i: u32 = 0; i < 40; i++) {
      for (let byte: u32 = 0; byte < 256; byte++) {
        store<u8>(value.at + i, <u8>byte);
        let more: u32 = byte < 0x20 ? 5 : byte === 0x22 || byte === 0x5c ? 1 : 0;
        if (format.maxSpanSize(span) !== plain + more) expect(byte).toBe(-1, "at " + i.toString());
        let encoded = new Encoded(format);
        if (encoded.problem.length > 0) expect(encoded.problem).toBe("");
        heap.free(encoded.at);
      }
      store<u8>(value.at + i, 0x61);
    }
  });
});

describe("a whole report for Zipkin", () => {
  it("is a list of the spans, without a comma after the last", () => {
    smallest();
    let at = heap.alloc(format.head.size + 3 * format.maxSpanSize(span));
    memory.copy(at, format.head.at, format.head.size);
    let end = at + format.head.size;
    for (let i = 0; i < 3; i++) end = format.encodeSpan(end, span);
    end = format.finish(at, end, 7);
    let one = IDS + NAME + TIMES + CONSTANT + "}}";
    expect(String.UTF8.decodeUnsafe(at, end - at)).toBe("[" + [one, one, one].join(",") + "]");
    // As in a split: the bracket already follows the last span.
    let from = at + format.head.size;
    for (let i = 0; i < 3; i++) from = format.spanEnd(from);
    expect(from).toBe(end);
  });

  it("has the service and the constant tags escaped, whatever their length", () => {
    let long = "é".repeat(5000);
    let tags = [new ConstantTag(text('a"'), text("\\")), new ConstantTag(text("b"), text(long))];
    let other = new Zipkin(text('re"views'), tags);
    smallest();
    let at = heap.alloc(other.maxSpanSize(span));
    let end = other.encodeSpan(at, span);
    let constant = '"localEndpoint":{"serviceName":"re\\"views"},"tags":{"a\\"":"\\\\","b":"' + long + '"}},';
    expect(String.UTF8.decodeUnsafe(at, end - at)).toBe(IDS + NAME + TIMES + constant);
    expect(other.spanEnd(at)).toBe(end);
  });
});
