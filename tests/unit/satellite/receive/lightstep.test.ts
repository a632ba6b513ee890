import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeReport, encodeResponse } from "../../../../satellite/receive/lightstep.ts";
import { ReportError } from "../../../../satellite/store/report.ts";
import { decodeAnswer, encodeReport, someSpan } from "../encode.ts";

const refuses = (body: Uint8Array, message: RegExp) =>
  assert.throws(
    () => decodeReport(body),
    (error) => error instanceof ReportError && error.name === "ReportError" && message.test(error.message),
  );

describe("decodeReport of what lightstep-tracer encodes", () => {
  it("reads every field of reporter and span", () => {
    const report = decodeReport(
      encodeReport({
        reporter: { id: "00000000000000ff", tags: { "lightstep.component_name": "reviews.default" } },
        token: "secret",
        spans: [someSpan({ parentId: "00f067aa0ba902b7" })],
      }),
    );
    assert.deepEqual(report, {
      reporterId: "00000000000000ff",
      reporterTags: { "lightstep.component_name": "reviews.default" },
      service: "reviews.default",
      hasAccessToken: true,
      spans: [
        {
          traceId: "463ac35c9f6413ad",
          spanId: "a2fb4a1d1a96d312",
          parentId: "00f067aa0ba902b7",
          operation: "reviews.default.svc.cluster.local:9080/*",
          startMicros: 1_700_000_000_000_000,
          durationMicros: 1_260_000,
          tags: { component: "proxy", "span.kind": "server", version: "v3" },
        },
      ],
    });
    assert.ok(!JSON.stringify(report).includes("secret"));
  });

  for (const id of [
    "ffffffffffffffff",
    "8000000000000001",
    "0020000000000001",
    "7fffffffffffffff",
    "0000000000000001",
  ]) {
    it(`keeps the id ${id} exact as trace, span, parent and reporter`, () => {
      const report = decodeReport(
        encodeReport({ reporter: { id }, spans: [someSpan({ traceId: id, spanId: id, parentId: id })] }),
      );
      const [span] = report.spans;
      assert.deepEqual([report.reporterId, span?.traceId, span?.spanId, span?.parentId], [id, id, id, id]);
    });
  }

  it("keeps single microseconds of start and duration", () => {
    const [span] = decodeReport(
      encodeReport({ spans: [someSpan({ startMicros: 1_712_345_678_123_457, durationMicros: 3 })] }),
    ).spans;
    assert.deepEqual([span?.startMicros, span?.durationMicros], [1_712_345_678_123_457, 3]);
  });

  it("adds the reporter's clock correction to every start, backwards too", () => {
    const starts = [250, -250].map(
      (offsetMicros) => decodeReport(encodeReport({ offsetMicros, spans: [someSpan()] })).spans[0]?.startMicros,
    );
    assert.deepEqual(starts, [1_700_000_000_000_250, 1_699_999_999_999_750]);
  });

  it("reads every kind of tag value", () => {
    const tags = {
      text: "x",
      empty: "",
      yes: true,
      no: false,
      int: { int: "-7" },
      zero: { int: "0" },
      wide: { int: "9223372036854775807" },
      double: { double: 0.5 },
      nan: { double: Number.NaN },
      json: { json: '{"a":1}' },
      nothing: null,
    };
    assert.deepEqual(decodeReport(encodeReport({ spans: [someSpan({ tags })] })).spans[0]?.tags, {
      text: "x",
      empty: "",
      yes: true,
      no: false,
      int: -7,
      zero: 0,
      wide: "9223372036854775807",
      double: 0.5,
      nan: "NaN",
      json: '{"a":1}',
      nothing: "",
    });
  });

  it("takes a tag named __proto__ for a tag", () => {
    const tags = { ["__proto__"]: "x" };
    const [span] = decodeReport(encodeReport({ spans: [someSpan({ tags })] })).spans;
    assert.deepEqual(Object.entries(span?.tags ?? {}), [["__proto__", "x"]]);
  });

  it("passes over baggage", () => {
    assert.equal(decodeReport(encodeReport({ spans: [someSpan({ baggage: { user: "jason" } })] })).spans.length, 1);
  });

  it("reads a report without spans and without token", () => {
    const report = decodeReport(encodeReport({}));
    assert.deepEqual([report.spans, report.hasAccessToken], [[], false]);
  });

  it("calls the service unknown without a component_name", () => {
    assert.equal(decodeReport(encodeReport({ reporter: { tags: { a: "b" } } })).service, "unknown");
  });
});

describe("decodeReport of a report without a needed part", () => {
  it("refuses no Reporter", () => refuses(encodeReport({ reporter: null, spans: [someSpan()] }), /no Reporter/));
  it("refuses no bytes at all", () => refuses(new Uint8Array(), /no Reporter/));
  it("refuses a span without trace_id", () =>
    refuses(encodeReport({ spans: [someSpan(), someSpan({ traceId: "" })] }), /^span 1 has no trace_id$/));
  it("refuses a span without span_id", () =>
    refuses(encodeReport({ spans: [someSpan({ spanId: "" })] }), /^span 0 has no span_id$/));
  it("refuses a span without start_timestamp", () =>
    refuses(encodeReport({ spans: [someSpan({ startMicros: undefined })] }), /^span 0 has no start_timestamp$/));
});

describe("encodeResponse", () => {
  it("carries both times to the microsecond, and no errors", () => {
    const answer = decodeAnswer(encodeResponse({ receiveMicros: 1_700_000_000_000_001, transmitMicros: 2_000_000 }));
    assert.deepEqual(answer.receiveTimestamp, { seconds: 1_700_000_000, nanos: 1000 });
    assert.deepEqual(answer.transmitTimestamp, { seconds: 2, nanos: 0 });
    assert.deepEqual(answer.errorsList, []);
  });

  it("carries errors", () => {
    const answer = decodeAnswer(encodeResponse({ receiveMicros: 0, transmitMicros: 0, errors: ["one", "two"] }));
    assert.deepEqual(answer.errorsList, ["one", "two"]);
  });
});
