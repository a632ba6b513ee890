// Lightstep's decoder with bytes written by hand from collector.proto, field by field, and with broken bytes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeReport } from "../../../../satellite/receive/lightstep.ts";
import { ReportError } from "../../../../satellite/store/report.ts";
import { encodeReport, someSpan } from "../encode.ts";
import { ends } from "./ends.ts";

const ascii = (text: string) => [...Buffer.from(text)];

const REPORTER = [
  ...[0x0a, 0x2e], // ReportRequest.reporter = 1, 46 bytes
  ...[0x08, 0xac, 0x02], // Reporter.reporter_id = 1: 300
  ...[0x22, 0x29], // Reporter.tags = 4, 41 bytes
  ...[0x0a, 0x18, ...ascii("lightstep.component_name")], // KeyValue.key = 1
  ...[0x12, 0x0d, ...ascii("reviews.proxy")], // KeyValue.string_value = 2
];

const SPAN = [
  ...[0x1a, 0x5f], // ReportRequest.spans = 3, 95 bytes
  ...[0x12, 0x03, ...ascii("GET")], // Span.operation_name = 2
  ...[0x22, 0x0b], // Span.start_timestamp = 4, 11 bytes
  ...[0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06], // Timestamp.seconds = 1: 1700000000
  ...[0x10, 0xc8, 0x8b, 0x95, 0x03], // Timestamp.nanos = 2: 6637000
  ...[0x28, 0xe0, 0xf3, 0x4c], // Span.duration_micros = 5: 1260000
  ...[0x32, 0x09], // Span.tags = 6, 9 bytes
  ...[0x0a, 0x05, ...ascii("error")], // KeyValue.key = 1
  ...[0x28, 0x01], // KeyValue.bool_value = 5: true
  ...[0x32, 0x0a], // Span.tags = 6, 10 bytes
  ...[0x0a, 0x06, ...ascii("status")], // KeyValue.key = 1
  ...[0x18, 0x00], // KeyValue.int_value = 3: 0, present as it is in a oneof
  ...[0x1a, 0x18], // Span.references = 3, 24 bytes; relationship CHILD_OF = 0 is left out
  ...[0x12, 0x16], // Reference.span_context = 2, 22 bytes
  ...[0x08, ...Array(9).fill(0xff), 0x01], // SpanContext.trace_id = 1: 2^64 - 1
  ...[0x10, 0x81, ...Array(8).fill(0x80), 0x01], // SpanContext.span_id = 2: 2^63 + 1
  ...[0x0a, 0x16], // Span.span_context = 1, 22 bytes, last as the C++ tracer writes it
  ...[0x08, ...Array(9).fill(0xff), 0x01], // SpanContext.trace_id = 1: 2^64 - 1
  ...[0x10, ...Array(9).fill(0xff), 0x01], // SpanContext.span_id = 2: 2^64 - 1
];

const AUTH = [
  ...[0x12, 0x05], // ReportRequest.auth = 2, 5 bytes
  ...[0x0a, 0x03, ...ascii("abc")], // Auth.access_token = 1
];

const decode = (...parts: number[][]) => decodeReport(Uint8Array.from(parts.flat()));

function refuses(body: Uint8Array, message = /^the body is not a Lightstep ReportRequest: ./): void {
  assert.throws(
    () => decodeReport(body),
    (error) => error instanceof ReportError && message.test(error.message),
  );
}

describe("decodeReport of bytes written by hand", () => {
  it("reads each field, 64-bit ids to their last digit", () => {
    assert.deepEqual(decode(REPORTER, AUTH, SPAN), {
      reporterId: "000000000000012c",
      reporterTags: { "lightstep.component_name": "reviews.proxy" },
      service: "reviews.proxy",
      hasAccessToken: true,
      spans: [
        {
          traceId: "ffffffffffffffff",
          spanId: "ffffffffffffffff",
          parentId: "8000000000000001",
          operation: "GET",
          startMicros: 1_700_000_000_006_637,
          durationMicros: 1_260_000,
          tags: { error: true, status: 0 },
        },
      ],
    });
  });

  it("reads the reporter after the spans", () => {
    assert.equal(decode(SPAN, REPORTER).spans[0]?.operation, "GET");
  });

  it("passes over fields it does not know", () => {
    const unknown = [
      ...[0x78, 0x05], // field 15, varint
      ...[0x7a, 0x01, 0x41], // field 15, one byte
      ...[0x7d, 0, 0, 0, 0], // field 15, fixed32
    ];
    assert.equal(decode(REPORTER, unknown, SPAN).spans.length, 1);
  });

  it("takes a reference without a span context for none", () => {
    const span = [
      ...[0x1a, 0x10], // ReportRequest.spans = 3, 16 bytes
      ...[0x0a, 0x04, 0x08, 0x01, 0x10, 0x02], // span_context = 1: trace_id 1, span_id 2
      ...[0x1a, 0x00], // references = 3, empty
      ...[0x22, 0x02, 0x08, 0x01], // start_timestamp = 4: one second
      ...[0x32, 0x02, 0x0a, 0x00], // tags = 6: empty key, no value
    ];
    assert.equal(decode(REPORTER, span).spans[0]?.parentId, null);
  });
});

describe("decodeReport of broken bytes", () => {
  it("refuses every truncation that does not end between two fields", () => {
    const whole = Uint8Array.from([...REPORTER, ...AUTH, ...SPAN]);
    const between = [0, REPORTER.length, REPORTER.length + AUTH.length];
    for (let length = 1; length < whole.length; length++) {
      if (!between.includes(length)) refuses(whole.subarray(0, length));
    }
  });

  it("refuses text", () => refuses(Buffer.from("hello world")));
  it("refuses JSON", () => refuses(Buffer.from('{"resourceSpans":[]}')));
  it("refuses zeros", () => refuses(new Uint8Array(64)));
  it("refuses bytes after an end-group mark", () => refuses(Uint8Array.from([...REPORTER, 0x0c, ...SPAN])));
  it("refuses a varint of eleven bytes", () =>
    refuses(Uint8Array.from([0x0a, 0x0c, 0x08, ...Array(10).fill(0xff), 0x01])));
  it("refuses a field of another wire type", () => refuses(Uint8Array.from([0x08, 0x01])));
  it("refuses text that is not UTF-8", () =>
    refuses(Uint8Array.from([0x12, 0x03, 0x0a, 0x01, 0xff]), /not valid for encoding utf-8/));
  it("refuses a string that runs over the end of its message", () =>
    refuses(Uint8Array.from([0x12, 0x03, 0x0a, 0x05, ...ascii("abcde")])));

  const fourGigabytes = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const cases: [string, number[]][] = [
    ["string", [0x12, 0x07, 0x0a, ...fourGigabytes, 0x41]],
    ["message", [0x0a, ...fourGigabytes]],
    ["message with a message in it", [0x1a, ...fourGigabytes, 0x0a, ...fourGigabytes, 0x08, 0x01]],
    ["baggage entry", [0x1a, 0x08, 0x0a, 0x06, 0x1a, ...fourGigabytes]],
    ["field that it does not know", [0x7a, ...fourGigabytes]],
  ];
  for (const [name, bytes] of cases) {
    it(`refuses a ${name} of 4 GiB at once`, () => {
      ends(() => refuses(Uint8Array.from(bytes)));
    });
  }

  it("passes over a baggage entry with a string of 4 GiB in it at once", () => {
    const span = [
      ...[0x1a, 0x12], // ReportRequest.spans = 3, 18 bytes
      ...[0x0a, 0x0c, 0x08, 0x01, 0x10, 0x02], // span_context = 1: trace_id 1, span_id 2
      ...[0x1a, 0x06, 0x0a, ...fourGigabytes], // baggage = 3, one entry with a key that is not all there
      ...[0x22, 0x02, 0x08, 0x01], // start_timestamp = 4: one second
    ];
    assert.equal(ends(() => decode(REPORTER, span)).spans.length, 1);
  });

  it("decodes or refuses, and does neither slowly, whatever byte is changed", () => {
    const whole = encodeReport({ token: "t", spans: [someSpan({ parentId: "1", baggage: { a: "b" } })] });
    ends(() => {
      for (let index = 0; index < whole.length; index++) {
        for (const value of [0x00, 0x0c, 0x7f, 0x80, 0xff]) {
          const changed = Uint8Array.from(whole);
          changed[index] = value;
          try {
            decodeReport(changed);
          } catch (error) {
            assert.ok(error instanceof ReportError, `byte ${index} = ${value}: ${error}`);
          }
        }
      }
    });
  });
});
