// Streams that end without a log, as all do over HTTP/3: on_done makes the span from the kept headers and the
// attributes, because the host shows nothing else there. Also streams whose request headers never came.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Attributes, Properties } from "../../../host/properties.ts";
import { all, one } from "../protobuf.ts";
import { ended, FRESH, OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED } from "../requests.ts";
import { INBOUND, Sidecar, type Changes } from "../sidecar.ts";

const HTTP3 = ended({ request: { protocol: "HTTP/3", total_size: 40 } });
const B3 = { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" };

/** One whole request without a log. */
function exchange(sidecar: Sidecar, headers: Headers = SAMPLED, properties: Properties | Attributes = HTTP3): void {
  const stream = sidecar.host.openStream(INBOUND);
  sidecar.host.requestHeaders(stream, headers);
  sidecar.host.done(stream, properties);
}

describe("a stream that ends without a log", () => {
  it("makes the span of its request", async () => {
    const sidecar = await Sidecar.start({ tags: { request_headers: { tenant: "x-tenant" } } });
    exchange(sidecar, request({ ...B3, "x-tenant": "acme", "content-type": "application/grpc" }));
    const [span] = sidecar.spans();
    assert.equal(span?.parentId, SPAN_ID);
    assert.equal(span?.durationMicros, 1_260_000);
    const { tags } = span;
    assert.deepEqual(
      [tags["http.method"], tags["http.url"], tags["http.protocol"], tags["http.status_code"], tags.tenant],
      ["GET", "http://reviews:9080/reviews/0", "HTTP/3", "200", "acme"],
    );
    assert.equal(tags.user_agent, "python-requests/2.32.3");
    assert.equal(tags["guid:x-request-id"], "5ee44d4a-3d0e-94d6-8eb5-cb6fc1f3d3f7");
    assert.equal(tags.downstream_cluster, "productpage.default");
    assert.equal(tags["grpc.path"], "/reviews/0");
    assert.equal(tags.request_size, "40", "there, the host counts the body alone");
    assert.equal(sidecar.count("requests_open"), 0);
  });

  it("is counted if its trace is not sampled", async () => {
    const sidecar = await Sidecar.start();
    exchange(sidecar, UNSAMPLED);
    assert.deepEqual(sidecar.spans(), []);
    assert.deepEqual([sidecar.count("requests"), sidecar.count("spans_unsampled")], [1, 1]);
  });

  it("makes no second span after one with a log", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request();
    assert.equal(sidecar.spans().length, 1);
  });

  it("lasts until now if the host has no duration, as for upstream filters", async () => {
    const sidecar = await Sidecar.start({}, { now: 1_700_000_001_000 });
    exchange(sidecar, SAMPLED, new Map([...OK].filter(([path]) => path !== "request\0duration")));
    assert.equal(sidecar.spans()[0]?.durationMicros, 876_544);
  });

  it("reports no gRPC status: the host's value is wrong there", async () => {
    const sidecar = await Sidecar.start();
    exchange(sidecar, SAMPLED, ended({ response: { grpc_status: 2 } }));
    const [span] = sidecar.spans();
    assert.deepEqual([span?.tags["grpc.status_code"], span?.tags.error], [undefined, undefined]);
  });

  it("is in requests_open while it lasts", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, FRESH);
    sidecar.tick();
    assert.equal(sidecar.count("requests_open"), 1);
    sidecar.host.done(stream, HTTP3);
    sidecar.tick();
    assert.equal(sidecar.count("requests_open"), 0);
  });

  it("is counted as lost if its configuration has gone", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, SAMPLED);
    sidecar.done(INBOUND);
    sidecar.host.done(stream, HTTP3);
    sidecar.configure(INBOUND);
    sidecar.request();
    sidecar.spans();
    assert.deepEqual([sidecar.account.recorded, sidecar.account.dropped], [2, 1]);
  });
});

describe("the trace state of a stream that ends without a log", () => {
  const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
  const LONG = Array.from({ length: 32 }, (_, i) => `k${i}=${"v".repeat(200)}`).join(",");

  /** The trace state that OTLP gets for a request with these lines. */
  async function told(lines: string[], changes: Changes = {}): Promise<string> {
    const sidecar = await Sidecar.start({ ...changes, collector: { protocol: "otlp" } });
    const headers = [...request({ traceparent }), ...lines.map((line): [string, string] => ["tracestate", line])];
    exchange(sidecar, headers);
    sidecar.tick();
    // ExportTraceServiceRequest.resource_spans.scope_spans.spans.trace_state
    const scopeSpans = one(one(sidecar.host.calls[0]?.body ?? new Uint8Array(), 1), 2);
    return all(one(scopeSpans, 2), 3).map((bytes) => Buffer.from(bytes).toString())[0] ?? "";
  }

  it("is the one that goes on", async () => {
    assert.equal(await told(["a=1,b=2"]), "a=1,b=2");
  });

  it("is omitted if none goes on, or if only a part of it could be kept", async () => {
    assert.equal(await told(["a=1,=,b"]), "", "one that is invalid");
    assert.equal(await told(["a=1"], { propagation: { strip: true } }), "");
    assert.equal(await told(["a=1", "b=2"]), "", "several lines");
    assert.equal(await told([LONG]), "", "one that is cut");
  });
});

describe("the kept headers", () => {
  it("are cut between characters if they are long", async () => {
    const sidecar = await Sidecar.start({ span: { max_tag_length: 65536 } });
    const agent = Buffer.from(`x${"é".repeat(4000)}`).toString("latin1");
    exchange(sidecar, request({ ...B3, agent: "", "x-client-trace-id": agent }));
    assert.equal(sidecar.spans()[0]?.tags["guid:x-client-trace-id"], `x${"é".repeat(2047)}`);
  });

  it("never take more room than their limit, however many streams are open", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 100_000, max_bytes: 1 << 27 } });
    const long = request({ ...B3, "x-client-trace-id": "a".repeat(4096) });
    const before = sidecar.host.memorySize;
    const streams = Array.from({ length: 10_000 }, () => sidecar.host.openStream(INBOUND));
    for (const stream of streams) sidecar.host.requestHeaders(stream, long);
    const grown = sidecar.host.memorySize - before;
    // The allocator doubles its memory.
    assert.ok(grown < 40 << 20, `${grown} bytes`);
    for (const stream of streams) sidecar.host.done(stream, HTTP3);
    const spans = sidecar.spans();
    assert.equal(spans.length, 10_000, "each makes a span");
    assert.equal(spans.at(-1)?.tags["http.url"], undefined, "the last ones without headers");
    exchange(sidecar);
    assert.ok(sidecar.spans().at(-1)?.tags["http.url"], "and there is room again");
  });
});

describe("a stream whose request headers never came", () => {
  const NOT_SEEN = { response: { code: 403 } };

  it("has ids in the access log if an earlier filter answered it", async () => {
    const sidecar = await Sidecar.start({ log: { trace_id: true } });
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: SAMPLED, properties: ended(NOT_SEEN) });
    const [span] = sidecar.spans();
    const state = sidecar.host.filterState(stream);
    assert.equal(state.get("lightspan.trace_id"), TRACE_ID);
    assert.equal(state.get("lightspan.span_id"), span?.spanId);
    assert.equal(sidecar.count("requests"), 1);
  });

  it("makes no span if an upstream host answered it: that host saw no ids of ours", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    const properties = ended({ upstream: { address: "10.0.0.1:80" } });
    sidecar.host.log(stream, { requestHeaders: SAMPLED, properties });
    sidecar.host.done(stream, properties);
    assert.deepEqual(sidecar.spans(), []);
    assert.equal(sidecar.count("requests"), 0);
  });

  it("makes no span if it had no log either, like a TCP connection", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.done(sidecar.host.openStream(INBOUND), ended(NOT_SEEN));
    assert.deepEqual(sidecar.spans(), []);
    assert.equal(sidecar.count("requests"), 0);
  });
});
