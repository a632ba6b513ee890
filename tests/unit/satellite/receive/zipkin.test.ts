import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReportError } from "../../../../satellite/store/report.ts";
import { decodeZipkin } from "../../../../satellite/receive/zipkin.ts";

/** The example from Zipkin's own API description, with the fields that a proxy sends. */
const span = {
  traceId: "5af7183fb1d4cf5f",
  id: "352bff9a74ca9ad2",
  parentId: "6b221d5bc9e6496c",
  kind: "CLIENT",
  name: "get /api",
  timestamp: 1556604172355737,
  duration: 1431,
  localEndpoint: { serviceName: "backend", ipv4: "192.168.99.1", port: 3306 },
  tags: { "http.method": "GET", "http.path": "/api" },
};

const decode = (...spans: unknown[]) => decodeZipkin(Buffer.from(JSON.stringify(spans)));

const refuses = (body: Uint8Array | string, message: RegExp) =>
  assert.throws(
    () => decodeZipkin(Buffer.from(body)),
    (error) => error instanceof ReportError && message.test(error.message),
  );

describe("decodeZipkin", () => {
  it("reads every field of a span", () =>
    assert.deepEqual(decode(span), [
      {
        reporterId: "0000000000000000",
        reporterTags: {},
        service: "backend",
        hasAccessToken: false,
        spans: [
          {
            traceId: "5af7183fb1d4cf5f",
            spanId: "352bff9a74ca9ad2",
            parentId: "6b221d5bc9e6496c",
            operation: "get /api",
            startMicros: 1556604172355737,
            durationMicros: 1431,
            tags: { "http.method": "GET", "http.path": "/api", "span.kind": "client" },
          },
        ],
      },
    ]));

  it("has one report for each service, and calls one without a name unknown", () => {
    const reports = decode(span, { ...span, localEndpoint: undefined }, { ...span, id: "0000000000000001" });
    assert.deepEqual(
      reports.map(({ service, spans }) => [service, spans.length]),
      [
        ["backend", 2],
        ["unknown", 1],
      ],
    );
  });

  it("keeps 128 bits of a trace id, and writes one whose high half is zero with 16 digits", () => {
    const ids = ["463ac35c9f6413ad5af7183fb1d4cf5f", "00000000000000005af7183fb1d4cf5f"];
    const read = ids.map((traceId) => decode({ ...span, traceId })[0]?.spans[0]?.traceId);
    assert.deepEqual(read, [ids[0], "5af7183fb1d4cf5f"]);
  });

  it("has null for the parent of a root", () =>
    assert.equal(decode({ ...span, parentId: undefined })[0]?.spans[0]?.parentId, null));

  it("takes a tag named __proto__ for a tag", () => {
    const body = `[${JSON.stringify({ ...span, kind: undefined }).replace('"http.method"', '"__proto__"')}]`;
    const tags = decodeZipkin(Buffer.from(body))[0]?.spans[0]?.tags ?? {};
    assert.deepEqual(Object.entries(tags), [
      ["__proto__", "GET"],
      ["http.path", "/api"],
    ]);
  });

  it("reads an empty list", () => assert.deepEqual(decode(), []));

  it("refuses what is not JSON", () => refuses("[{]", /^the body is not JSON: /));
  it("refuses text that is not UTF-8", () => refuses(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), /not JSON/));
  it("refuses what is not a list", () => refuses("{}", /^the body is not a list of Zipkin spans$/));

  for (const [what, changes, message] of [
    ["a trace id of other width", { traceId: "abc" }, /^span 0's traceId is "abc": not an id/],
    ["a trace id of zeros", { traceId: "0000000000000000" }, /^span 0's traceId is/],
    ["upper-case hex", { id: "352BFF9A74CA9AD2" }, /^span 0's id is/],
    ["no id", { id: undefined }, /^span 0's id is ""/],
    ["an empty parent id", { parentId: "" }, /^span 0's parentId is ""/],
    ["a timestamp in words", { timestamp: "1" }, /^span 0's timestamp is "1": not a whole number/],
    ["a duration of 0, which Zipkin takes for none", { duration: 0 }, /^span 0's duration is 0/],
    ["a tag that is not text", { tags: { a: 1 } }, /^span 0's tag a is not a string$/],
    ["tags in a list", { tags: [] }, /^span 0's tags is not an object$/],
  ] as const) {
    it(`refuses ${what}`, () => refuses(JSON.stringify([{ ...span, ...changes }]), message));
  }
});
