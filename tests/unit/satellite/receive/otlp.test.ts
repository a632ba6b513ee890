import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeOtlp } from "../../../../satellite/receive/otlp.ts";
import { ReportError } from "../../../../satellite/store/report.ts";
import { attribute, bytes, encodeOtlp, someOtlpSpan, SPAN_ID, TRACE_ID } from "../otlp.ts";
import type { OtlpFields } from "../otlp.ts";
import { ends } from "./ends.ts";

const spanOf = (changes: OtlpFields) => decodeOtlp(encodeOtlp({ spans: [someOtlpSpan(changes)] }))[0]?.spans[0];

const refuses = (body: Uint8Array, message: RegExp) =>
  assert.throws(
    () => decodeOtlp(body),
    (error) => error instanceof ReportError && message.test(error.message),
  );

describe("decodeOtlp of what OpenTelemetry's own code encodes", () => {
  it("reads every field of resource and span", () => {
    const body = encodeOtlp({
      attributes: [attribute("service.name", "reviews.default"), attribute("node_id", "sidecar~1")],
      spans: [someOtlpSpan({ parentSpanId: bytes("00f067aa0ba902b7"), attributes: [attribute("http.method", "GET")] })],
    });
    assert.deepEqual(decodeOtlp(body), [
      {
        reporterId: "0000000000000000",
        reporterTags: { "service.name": "reviews.default", node_id: "sidecar~1" },
        service: "reviews.default",
        hasAccessToken: false,
        spans: [
          {
            traceId: TRACE_ID,
            spanId: SPAN_ID,
            parentId: "00f067aa0ba902b7",
            operation: "reviews.default.svc.cluster.local:9080/*",
            startMicros: 1_700_000_000_000,
            durationMicros: 1260,
            tags: { "http.method": "GET", "span.kind": "server" },
          },
        ],
      },
    ]);
  });

  it("has one report for each resource, and calls a service without a name unknown", () => {
    const reports = decodeOtlp(encodeOtlp({ spans: [someOtlpSpan()] }, { attributes: [], spans: [] }));
    assert.deepEqual(
      reports.map(({ service, spans }) => [service, spans.length]),
      [
        ["reviews.default", 1],
        ["unknown", 0],
      ],
    );
  });

  for (const [kind, expected] of [
    [0, undefined],
    [1, "internal"],
    [2, "server"],
    [3, "client"],
    [4, "producer"],
    [5, "consumer"],
  ] as const) {
    it(`has kind ${kind} as the tag span.kind ${expected}`, () =>
      assert.equal(spanOf({ kind })?.tags["span.kind"], expected));
  }

  for (const [code, expected] of [
    [0, undefined],
    [1, undefined],
    [2, true],
  ] as const) {
    it(`has status ${code} as the tag error ${expected}`, () =>
      assert.equal(spanOf({ status: { code } })?.tags["error"], expected));
  }

  it("writes a trace id whose high half is zero with 16 digits", () =>
    assert.equal(spanOf({ traceId: bytes(`${"0".repeat(16)}${SPAN_ID}`) })?.traceId, SPAN_ID));

  it("keeps single microseconds, and has no duration below zero", () => {
    const start = 1_712_345_678_123_457_999n;
    const at = (time: bigint) => {
      const low = Number(time & 0xffff_ffffn);
      return { low: low | 0, high: Number(time >> 32n), unsigned: true };
    };
    const span = spanOf({ startTimeUnixNano: at(start), endTimeUnixNano: at(start + 2_001n) });
    assert.deepEqual([span?.startMicros, span?.durationMicros], [1_712_345_678_123_457, 3]);
    const backwards = spanOf({ startTimeUnixNano: at(start), endTimeUnixNano: at(start - 5_000n) });
    assert.equal(backwards?.durationMicros, 0);
  });

  it("reads every kind of attribute value", () => {
    const attributes = [
      attribute("text", "x"),
      attribute("empty", ""),
      attribute("yes", { boolValue: true }),
      attribute("no", { boolValue: false }),
      attribute("int", { intValue: -7 }),
      attribute("zero", { intValue: 0 }),
      attribute("wide", { intValue: { low: -1, high: 0x7fff_ffff, unsigned: false } }),
      attribute("double", { doubleValue: 0.5 }),
      attribute("nan", { doubleValue: Number.NaN }),
      attribute("bytes", { bytesValue: Buffer.from("hi") }),
      attribute("list", { arrayValue: { values: [{ intValue: 1 }, { stringValue: "a" }] } }),
      attribute("map", { kvlistValue: { values: [attribute("a", { boolValue: true })] } }),
      { key: "nothing" },
      attribute("__proto__", "x"),
    ];
    assert.deepEqual(Object.entries(spanOf({ attributes, kind: 0 })?.tags ?? {}), [
      ["text", "x"],
      ["empty", ""],
      ["yes", true],
      ["no", false],
      ["int", -7],
      ["zero", 0],
      ["wide", "9223372036854775807"],
      ["double", 0.5],
      ["nan", "NaN"],
      ["bytes", "aGk="],
      ["list", '[1,"a"]'],
      ["map", '{"a":true}'],
      ["nothing", ""],
      ["__proto__", "x"],
    ]);
  });

  it("reads a request without anything in it", () => assert.deepEqual(decodeOtlp(new Uint8Array()), []));
});

describe("decodeOtlp of a request without a needed part", () => {
  for (const [what, changes, message] of [
    ["no trace id", { traceId: undefined }, /^span 0's trace_id has 0 bytes, not 16$/],
    ["a trace id of 8 bytes", { traceId: bytes(SPAN_ID) }, /^span 0's trace_id has 8 bytes, not 16$/],
    ["a trace id of zeros", { traceId: new Uint8Array(16) }, /^span 0's trace_id is all zero$/],
    ["no span id", { spanId: undefined }, /^span 0's span_id has 0 bytes, not 8$/],
    ["a parent id of 4 bytes", { parentSpanId: bytes("00f067aa") }, /^span 0's parent_span_id has 4 bytes, not 8$/],
    ["no start", { startTimeUnixNano: undefined }, /^span 0 has no start_time_unix_nano$/],
  ] as const) {
    it(`refuses ${what}`, () => refuses(encodeOtlp({ spans: [someOtlpSpan(changes)] }), message));
  }
});

describe("decodeOtlp of broken bytes", () => {
  const whole = encodeOtlp({ spans: [someOtlpSpan({ attributes: [attribute("http.method", "GET")] })] });

  it("refuses a request that was cut short, wherever that leaves a field unfinished", () => {
    for (let size = 1; size < whole.length; size++) refuses(whole.subarray(0, size), /not an OTLP Export/);
  });

  const nested = (depth: number): Uint8Array => {
    let value: OtlpFields = { stringValue: "x" };
    for (let level = 0; level < depth; level++) value = { arrayValue: { values: [value] } };
    return encodeOtlp({ spans: [someOtlpSpan({ attributes: [attribute("deep", value)] })] });
  };

  it("reads attributes nested 16 deep, and refuses deeper ones", () => {
    assert.equal(decodeOtlp(nested(16)).length, 1);
    for (const depth of [17, 1000]) refuses(nested(depth), /^an attribute is nested more than 16 deep$/);
  });

  it("decodes or refuses, and does neither slowly, whatever byte is changed", () => {
    ends(() => {
      for (let at = 0; at < whole.length; at++) {
        for (const byte of [0, 0x7f, 0x80, 0xff]) {
          const changed = Uint8Array.from(whole);
          changed[at] = byte;
          try {
            decodeOtlp(changed);
          } catch (error) {
            assert.ok(error instanceof ReportError, String(error));
          }
        }
      }
    });
  });
});
