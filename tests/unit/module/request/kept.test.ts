// Spans of unsampled traces that are kept for how they ended: which, with which ids, and how they are counted.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Ended } from "../../../host/options.ts";
import type { Attributes } from "../../../host/properties.ts";
import { droppedBecause } from "../account.ts";
import { ANSWERED, ended, FRESH, OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar, type Changes, type Exchange } from "../sidecar.ts";

const KEEPING: Changes = { sampling: { keep_errors: true, keep_slower_than_ms: 2000 } };
const KEEPING_ERRORS: Changes = { sampling: { keep_errors: true } };
const KEEPING_SLOW: Changes = { sampling: { keep_slower_than_ms: 2000 } };
const UNSAMPLED_GRPC = request({
  ...{ "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "0" },
  "content-type": "application/grpc",
});

/** How a request ended; the defaults are those of a good one. */
const ending = (response: Attributes, request: Attributes = {}) => ended({ response, request });
const FAILED = ending({ code: 503 });
const SLOW = ending({}, { duration: 2_000_000_001n });
const NO_CODE = new Map([...OK].filter(([path]) => path !== "response\0code"));

/** A stream that ends without a log, as over HTTP/3. */
function endUnlogged(sidecar: Sidecar, headers: Exchange["headers"], properties: Ended["properties"]): void {
  const stream = sidecar.host.openStream(INBOUND);
  sidecar.host.requestHeaders(stream, headers ?? UNSAMPLED);
  sidecar.host.done(stream, properties);
}

/** The `sampling.kept` of the only span, logged or not; undefined if there is none. */
async function keptFor(changes: Changes, exchange: Exchange, isLogged: boolean): Promise<unknown> {
  const sidecar = await Sidecar.start(changes);
  const whole = { headers: UNSAMPLED, ...exchange };
  if (isLogged) sidecar.request(whole);
  else endUnlogged(sidecar, whole.headers, whole.properties ?? OK);
  const spans = sidecar.spans();
  assert.ok(spans.length <= 1);
  assert.equal(sidecar.count("spans_kept"), spans.length);
  assert.equal(sidecar.count("spans_unsampled"), 1 - spans.length);
  return spans[0]?.tags["sampling.kept"];
}

const ENDINGS: [what: string, exchange: Exchange, kept: string | undefined][] = [
  ["a 503", { properties: FAILED }, "error"],
  ["a 500 that was slow too", { properties: ending({ code: 500 }, { duration: 9_000_000_000n }) }, "error"],
  ["no response, as after a reset", { properties: NO_CODE }, "error"],
  ["a response of code 0", { properties: ending({ code: 0 }) }, "error"],
  ["2 s and a nanosecond", { properties: SLOW }, "slow"],
  ["exactly 2 s", { properties: ending({}, { duration: 2_000_000_000n }) }, undefined],
  ["a 404", { properties: ending({ code: 404 }) }, undefined],
  ["a 200", {}, undefined],
  [
    "a gRPC status of 0 and no trailers",
    { headers: UNSAMPLED_GRPC, properties: ending({ grpc_status: 0 }) },
    undefined,
  ],
];

describe("the span of an unsampled trace", () => {
  for (const isLogged of [true, false]) {
    for (const [what, exchange, kept] of ENDINGS) {
      it(`is ${kept ? `kept as ${kept}` : "not kept"} after ${what}, ${isLogged ? "logged" : "not logged"}`, async () => {
        assert.equal(await keptFor(KEEPING, exchange, isLogged), kept);
      });
    }
  }

  it("is kept only for what was asked for", async () => {
    assert.equal(await keptFor(KEEPING_ERRORS, { properties: SLOW }, true), undefined);
    assert.equal(await keptFor(KEEPING_SLOW, { properties: FAILED }, true), undefined);
    assert.equal(await keptFor(KEEPING_SLOW, { properties: NO_CODE }, true), undefined);
    assert.equal(await keptFor({}, { properties: FAILED }, true), undefined);
  });

  it("is kept for an error status of gRPC, in headers or in trailers", async () => {
    const properties = ending({ grpc_status: 14 });
    const grpc = { headers: UNSAMPLED_GRPC, properties };
    assert.equal(await keptFor(KEEPING, { ...grpc, responseTrailers: [["grpc-status", "14"]] }, true), "error");
    const responseHeaders: Headers = [
      [":status", "200"],
      ["grpc-status", "14"],
    ];
    assert.equal(await keptFor(KEEPING, { ...grpc, responseHeaders }, true), "error");
  });

  it("is not kept for a gRPC status that is no error, nor over HTTP/3, where it is unknown", async () => {
    const notFound = { headers: UNSAMPLED_GRPC, properties: ending({ grpc_status: 5 }) };
    assert.equal(await keptFor(KEEPING, { ...notFound, responseTrailers: [["grpc-status", "5"]] }, true), undefined);
    const unavailable = { headers: UNSAMPLED_GRPC, properties: ending({ grpc_status: 14 }) };
    assert.equal(await keptFor(KEEPING, unavailable, false), undefined);
  });

  it("is kept if the host has no expressions", async () => {
    const sidecar = await Sidecar.bare();
    sidecar.host.refuse("proxy_call_foreign_function", 1);
    sidecar.configure(INBOUND, KEEPING);
    for (const properties of [FAILED, SLOW, OK]) sidecar.request({ headers: UNSAMPLED, properties });
    assert.deepEqual(
      sidecar.spans().map(({ tags }) => tags["sampling.kept"]),
      ["error", "slow"],
    );
    assert.equal(sidecar.count("spans_unsampled"), 1);
  });

  it("is kept if the host measures no duration, as among upstream filters", async () => {
    const sidecar = await Sidecar.start(KEEPING, { now: 1_700_000_002_123 });
    const unmeasured = new Map([...OK].filter(([path]) => path !== "request\0duration"));
    endUnlogged(sidecar, UNSAMPLED, unmeasured);
    sidecar.host.now++;
    endUnlogged(sidecar, UNSAMPLED, unmeasured);
    assert.deepEqual(
      sidecar.spans().map(({ tags, durationMicros }) => [tags["sampling.kept"], durationMicros]),
      [["slow", 2_000_544]],
    );
  });

  it("is kept after an answer of an earlier filter", async () => {
    const sidecar = await Sidecar.start(KEEPING);
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: UNSAMPLED, responseHeaders: ANSWERED, properties: FAILED });
    sidecar.host.done(stream);
    const denied = sidecar.host.openStream(INBOUND);
    sidecar.host.log(denied, { requestHeaders: UNSAMPLED, properties: ending({ code: 403 }) });
    sidecar.host.done(denied);
    const [span] = sidecar.spans();
    assert.deepEqual([span?.traceId.endsWith(TRACE_ID.slice(16)), span?.parentId], [true, SPAN_ID]);
    const counts = ["requests", "spans_kept", "spans_unsampled"].map((name) => sidecar.count(name));
    assert.deepEqual(counts, [2, 1, 1]);
  });

  it("is never kept on an excluded path, or if the caller denied without ids", async () => {
    const sampling = { ...KEEPING.sampling, exclude_paths: ["/reviews"] };
    assert.equal(await keptFor({ sampling }, { properties: FAILED }, true), undefined);
    for (const headers of [request({ b3: "0" }), request({ "x-b3-sampled": "0" })]) {
      for (const inject of [["b3multi"], ["b3multi", "tracecontext"]]) {
        const changes = { ...KEEPING, propagation: { inject } };
        assert.equal(await keptFor(changes, { headers, properties: FAILED }, true), undefined);
      }
    }
  });

  it("is what its own root context says, of two with different settings", async () => {
    const sidecar = await Sidecar.start(KEEPING_ERRORS);
    sidecar.configure(OUTBOUND, KEEPING_SLOW);
    for (const root of [INBOUND, OUTBOUND]) {
      for (const properties of [FAILED, SLOW, OK]) sidecar.request({ root, headers: UNSAMPLED, properties });
    }
    assert.deepEqual(
      sidecar.spans().map(({ tags }) => tags["sampling.kept"]),
      ["error", "slow"],
    );
  });

  it("is counted as unsampled if its configuration has gone", async () => {
    const sidecar = await Sidecar.start(KEEPING);
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, UNSAMPLED);
    sidecar.done(INBOUND);
    sidecar.host.done(stream, FAILED);
    sidecar.configure(INBOUND, KEEPING);
    sidecar.request({ headers: UNSAMPLED });
    assert.deepEqual(sidecar.spans(), []);
    assert.equal(sidecar.count("spans_unsampled"), 2);
  });
});

describe("the ids of a kept span", () => {
  /** The kept span of a request with `headers`, and the headers that were sent on. */
  async function keep(headers: Exchange["headers"], changes: Changes = {}) {
    const sidecar = await Sidecar.start({ ...KEEPING, ...changes });
    const sent = sidecar.request({ ...(headers && { headers }), properties: FAILED });
    const [span] = sidecar.spans();
    assert.ok(span);
    return { span, sent };
  }

  it("are a new id, and the received span as its parent, if the received context went on unchanged", async () => {
    const { span, sent } = await keep(UNSAMPLED);
    assert.deepEqual([sent.get("x-b3-spanid"), sent.get("x-b3-sampled")], [SPAN_ID, "0"]);
    assert.equal(span.parentId, SPAN_ID);
    assert.notEqual(span.spanId, SPAN_ID);
  });

  it("are those that travelled, if the trace starts here", async () => {
    const { span, sent } = await keep(FRESH, { sampling: { rate: 0, keep_errors: true } });
    assert.equal(sent.get("x-b3-sampled"), "0");
    assert.equal(span.spanId, sent.get("x-b3-spanid"));
    assert.ok(sent.get("x-b3-traceid")?.endsWith(span.traceId));
    assert.equal(span.parentId ?? "", "");
  });

  it("are those that travelled, if the flag of traceparent changed", async () => {
    const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
    const { span, sent } = await keep(request({ b3: `${TRACE_ID}-${SPAN_ID}-0`, traceparent }));
    assert.equal(sent.get("traceparent"), `00-${TRACE_ID}-${span.spanId}-00`);
    assert.equal(span.parentId, SPAN_ID);
  });

  it("are in filter state for access logs from its end on, if that is asked for", async () => {
    for (const isLogged of [true, false]) {
      const sidecar = await Sidecar.start({ ...KEEPING, log: { trace_id: true } });
      const stream = sidecar.host.openStream(INBOUND);
      sidecar.host.requestHeaders(stream, UNSAMPLED);
      if (isLogged) sidecar.host.log(stream, { responseHeaders: ANSWERED, properties: FAILED });
      const logged = new Map(sidecar.host.filterState(stream));
      sidecar.host.done(stream, FAILED);
      const [span] = sidecar.spans();
      assert.equal(logged.get("lightspan.span_id"), isLogged ? span?.spanId : undefined);
    }
  });
});

describe("a kept span", () => {
  it("has the tags of a sampled one, and sampling.kept", async () => {
    for (const isLogged of [true, false]) {
      const tags: Record<string, unknown>[] = [];
      for (const headers of [SAMPLED, UNSAMPLED]) {
        const sidecar = await Sidecar.start(KEEPING);
        if (isLogged) sidecar.request({ headers, properties: FAILED });
        else endUnlogged(sidecar, headers, FAILED);
        tags.push({ ...sidecar.spans()[0]?.tags });
      }
      assert.deepEqual(tags[1], { ...tags[0], "sampling.kept": "error" });
    }
  });

  it("leaves no mark on the sampled span after it", async () => {
    const sidecar = await Sidecar.start(KEEPING);
    sidecar.request({ headers: UNSAMPLED, properties: FAILED });
    sidecar.request({ headers: SAMPLED, properties: FAILED });
    assert.deepEqual(
      sidecar.spans().map(({ tags }) => tags["sampling.kept"]),
      ["error", undefined],
    );
    assert.equal(sidecar.count("spans_kept"), 1);
  });
});

describe("the cap", () => {
  const CAPPED: Changes = { sampling: { rate: 0, keep_errors: true, max_traces_per_second: 10 } };

  it("holds for kept spans: those beyond it count as unsampled", async () => {
    const sidecar = await Sidecar.start(CAPPED);
    sidecar.requests(100, { headers: UNSAMPLED, properties: FAILED });
    assert.equal(sidecar.spans().length, 10);
    assert.deepEqual([sidecar.count("spans_kept"), sidecar.count("spans_unsampled")], [10, 90]);
    sidecar.host.now += 1000;
    sidecar.requests(100, { headers: UNSAMPLED, properties: FAILED });
    assert.equal(sidecar.spans().length, 20);
  });

  it("has a bucket for each, so that errors keep no trace from starting", async () => {
    const sidecar = await Sidecar.start({ sampling: { keep_errors: true, max_traces_per_second: 10 } });
    sidecar.requests(100, { headers: UNSAMPLED, properties: FAILED });
    sidecar.requests(100, { headers: FRESH });
    const spans = sidecar.spans();
    assert.equal(spans.filter(({ tags }) => tags["sampling.kept"] === undefined).length, 10);
    assert.equal(spans.length, 20);
  });

  it("counts no request that ended well", async () => {
    const sidecar = await Sidecar.start(CAPPED);
    sidecar.requests(100, { headers: UNSAMPLED });
    sidecar.requests(10, { headers: UNSAMPLED, properties: FAILED });
    assert.equal(sidecar.spans().length, 10);
  });
});

describe("a flood of errors while no collector answers", () => {
  it("takes no more than a quarter of the buffer: the rest is for sampled spans", async () => {
    const sidecar = await Sidecar.start({ ...KEEPING_ERRORS, buffer: { max_bytes: 65_536, flush_spans: 20 } });
    // Every step checks that both accounts balance.
    sidecar.requests(1000, { headers: UNSAMPLED, properties: FAILED });
    sidecar.tick();
    const kept = sidecar.account.buffered;
    assert.ok(kept > 10 && kept < 60, `${kept} spans are buffered`);
    assert.equal(sidecar.count("spans_kept"), 1000);
    assert.deepEqual(droppedBecause(sidecar.host), { buffer_full: 1000 - kept });

    let sampled = 0;
    for (const before = sidecar.account.dropped; sidecar.account.dropped === before; sampled++) {
      sidecar.request({ headers: SAMPLED });
      sidecar.request({ headers: UNSAMPLED, properties: OK });
      sidecar.tick();
    }
    assert.ok(sampled > 2.5 * kept, `${sampled} sampled spans had room after ${kept} kept ones`);
  });

  it("drops no sampled span that waits", async () => {
    const sidecar = await Sidecar.start({ ...KEEPING_ERRORS, buffer: { max_bytes: 65_536, flush_spans: 20 } });
    sidecar.requests(60, { headers: SAMPLED });
    sidecar.requests(1000, { headers: UNSAMPLED, properties: FAILED });
    const spans = sidecar.spans();
    assert.equal(spans.filter(({ tags }) => tags["sampling.kept"] === undefined).length, 60);
  });
});
