import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeReport } from "../../../../satellite/receive/lightstep.ts";
import { label, TraceStore } from "../../../../satellite/store/traces.ts";
import { encodeReport, someSpan } from "../encode.ts";
import type { WireReport, WireSpan } from "../encode.ts";

const hex = (value: number) => value.toString(16).padStart(16, "0");
const report = (spans: WireSpan[], reporter?: WireReport["reporter"]) =>
  decodeReport(encodeReport(reporter ? { reporter, spans } : { spans }));

function storeOf(...spans: WireSpan[]): TraceStore {
  const store = new TraceStore();
  store.add(report(spans));
  return store;
}

describe("label", () => {
  it("is service, component and kind", () =>
    assert.equal(
      label({ service: "reviews.default", component: "proxy", kind: "server" }),
      "reviews.default: proxy server",
    ));
  it("leaves out a missing component or kind", () => {
    assert.equal(label({ service: "a", component: "", kind: "client" }), "a: client");
    assert.equal(label({ service: "a", component: "proxy", kind: "" }), "a: proxy");
    assert.equal(label({ service: "a", component: "", kind: "" }), "a");
  });
});

describe("TraceStore", () => {
  it("takes service from the reporter, and component, kind, version and error from tags, which it keeps", () => {
    const tags = { component: "proxy", "span.kind": "client", version: "v2", error: true };
    assert.deepEqual(storeOf(someSpan({ tags })).get("463ac35c9f6413ad")?.spans, [
      {
        traceId: "463ac35c9f6413ad",
        spanId: "a2fb4a1d1a96d312",
        parentId: null,
        operation: "reviews.default.svc.cluster.local:9080/*",
        service: "reviews.default",
        component: "proxy",
        kind: "client",
        startMicros: 1_700_000_000_000_000,
        durationMicros: 1_260_000,
        version: "v2",
        error: true,
        kept: null,
        tags,
        reporterId: "0000000000000000",
      },
    ]);
  });

  it("has null and empty text for tags that are absent", () => {
    const span = storeOf(someSpan({ tags: {} })).get("463ac35c9f6413ad")?.spans[0];
    assert.deepEqual([span?.component, span?.kind, span?.version, span?.error], ["", "", null, false]);
  });

  for (const [value, expected] of [
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
    [{ int: "1" }, false],
  ] as const) {
    it(`takes the error tag ${JSON.stringify(value)} for ${expected}`, () => {
      const trace = storeOf(someSpan({ tags: { error: value } })).get("463ac35c9f6413ad");
      assert.deepEqual([trace?.spans[0]?.error, trace?.errors], [expected, expected ? 1 : 0]);
    });
  }

  for (const [value, expected] of [
    ["error", "error"],
    ["slow", "slow"],
    ["other", null],
    [true, null],
  ] as const) {
    it(`takes the tag sampling.kept ${JSON.stringify(value)} for ${expected}`, () => {
      const trace = storeOf(someSpan({ tags: { "sampling.kept": value } }), someSpan({ spanId: "02" })).list()[0];
      assert.deepEqual(
        trace?.spans.map(({ kept }) => kept),
        [expected, null],
      );
      assert.equal(trace?.keptSpans, expected === null ? 0 : 1);
    });
  }

  it("joins the spans of several reports, sorted by start, from first start to last end", () => {
    const store = new TraceStore();
    const reviews = { id: "01", tags: { "lightstep.component_name": "reviews.default" } };
    const page = { id: "02", tags: { "lightstep.component_name": "productpage.default" } };
    store.add(report([someSpan({ spanId: "02", parentId: "01", startMicros: 2_000, durationMicros: 9_000 })], reviews));
    store.add(report([someSpan({ spanId: "01", operation: "page", startMicros: 1_000, durationMicros: 5_000 })], page));
    const trace = store.get("463ac35c9f6413ad");
    assert.deepEqual(
      trace?.spans.map((span) => [span.service, span.reporterId]),
      [
        ["productpage.default", hex(2)],
        ["reviews.default", hex(1)],
      ],
    );
    assert.deepEqual([trace?.startMicros, trace?.durationMicros], [1_000, 10_000]);
    assert.deepEqual(trace?.root, { operation: "page", service: "productpage.default" });
    assert.deepEqual(trace?.services, ["productpage.default", "reviews.default"]);
  });

  it("has no root while every span has a parent", () => {
    assert.equal(storeOf(someSpan({ parentId: "01" })).get("463ac35c9f6413ad")?.root, null);
  });

  it("finds a trace by 32 digits and by upper-case ones, and none by another id", () => {
    const store = storeOf(someSpan());
    assert.equal(store.get("a1b2c3d4e5f60718463ac35c9f6413ad")?.spans.length, 1);
    assert.equal(store.get("463AC35C9F6413AD")?.traceId, "463ac35c9f6413ad");
    assert.equal(store.get("463ac35c9f6413ae"), undefined);
  });

  it("lists the trace that started last first, in whatever order they came", () => {
    const started = [2, 3, 1].map((at) => someSpan({ traceId: hex(at), startMicros: at * 1_000_000 }));
    assert.deepEqual(
      storeOf(...started)
        .list()
        .map((trace) => trace.traceId),
      [hex(3), hex(2), hex(1)],
    );
  });

  it("forgets the trace that came first when there are too many, and counts it", () => {
    const store = new TraceStore({ maxTraces: 2 });
    for (const id of [1, 2, 3]) store.add(report([someSpan({ traceId: hex(id) })]));
    assert.deepEqual([store.get(hex(1)), store.list().length, store.forgotten], [undefined, 2, 1]);
  });

  it("keeps 1000 traces unless told otherwise", () => {
    const store = storeOf(...Array.from({ length: 1001 }, (_, index) => someSpan({ traceId: hex(index + 1) })));
    assert.deepEqual([store.list().length, store.forgotten], [1000, 1]);
  });

  it("keeps no more spans than it may, and says which traces it forgot", () => {
    const store = new TraceStore({ maxTraces: 100, maxSpans: 10 });
    const forgotten: string[] = [];
    store.on("forget", (traceId) => forgotten.push(traceId));
    for (let id = 1; id <= 4; id++) {
      const spans = Array.from({ length: 4 }, (_, index) => someSpan({ traceId: hex(id), spanId: hex(index + 1) }));
      store.add(decodeReport(encodeReport({ spans })));
      store.add(decodeReport(encodeReport({ spans })));
    }
    assert.deepEqual(forgotten, [hex(1), hex(2)]);
    assert.deepEqual([store.size, store.forgotten, store.duplicates], [2, 2, 16]);
  });

  it("keeps so much text and no more, however few the spans are that it is in", () => {
    const store = new TraceStore({ maxText: 10_000 });
    const large = (id: number) => someSpan({ traceId: hex(id), tags: { large: "x".repeat(4000) } });
    for (const id of [1, 2, 3]) store.add(report([large(id)]));
    assert.deepEqual([store.get(hex(1)), store.size, store.forgotten], [undefined, 2, 1]);
    // Repeated spans add nothing, and forgotten ones no longer count.
    for (const id of [2, 3, 2, 3, 2, 3]) store.add(report([large(id)]));
    assert.deepEqual([store.size, store.forgotten], [2, 1]);
    for (let id = 4; id < 50; id++) store.add(report([large(id)]));
    assert.equal(store.size, 2);
  });

  it("keeps a trace out that alone is too large, and goes on", () => {
    const store = new TraceStore({ maxText: 1000 });
    store.add(report([someSpan({ tags: { large: "x".repeat(2000) } })]));
    assert.deepEqual([store.size, store.forgotten], [0, 1]);
    store.add(report([someSpan({ traceId: hex(2) })]));
    assert.equal(store.size, 1);
  });

  it("keeps a span once when its report comes again, and counts that", () => {
    const store = new TraceStore();
    store.add(report([someSpan()]));
    store.add(report([someSpan()]));
    assert.deepEqual([store.list()[0]?.spans.length, store.duplicates], [1, 1]);
  });

  it("keeps two spans that share an id but not the kind or the reporter", () => {
    const store = storeOf(someSpan(), someSpan({ tags: { "span.kind": "client" } }));
    store.add(report([someSpan()], { id: "07" }));
    assert.deepEqual([store.list()[0]?.spans.length, store.duplicates], [3, 0]);
  });

  it("names each trace that a report added to, once", () => {
    const store = new TraceStore();
    const seen: string[] = [];
    store.on("trace", (traceId) => seen.push(traceId));
    store.add(report([1, 2, 1].map((id, index) => someSpan({ traceId: hex(id), spanId: hex(index + 1) }))));
    assert.deepEqual(seen, [hex(1), hex(2)]);
  });
});
