// Streams that take an unusual course, and many at once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../host/random.ts";
import { ANSWERED, ended, FRESH, OK, request, SAMPLED, SPAN_ID } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar } from "../sidecar.ts";

describe("a stream that never had request headers", () => {
  it("because an earlier filter answered, makes a span from the log", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: SAMPLED, properties: ended({ response: { code: 403 } }) });
    sidecar.host.done(stream);
    const [span] = sidecar.spans();
    assert.equal(span?.parentId, SPAN_ID);
    assert.equal(span?.tags["http.status_code"], "403");
  });

  it("because an earlier filter answered, starts a trace if none came", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: FRESH, properties: OK });
    assert.equal(sidecar.spans()[0]?.parentId, null);
    assert.equal(sidecar.count("traces_started"), 1);
  });

  it("nor any in the log, makes no span", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.log(stream, { requestHeaders: null });
    sidecar.host.done(stream);
    sidecar.request();
    assert.equal(sidecar.spans().length, 1);
    assert.deepEqual(sidecar.host.logs, []);
  });

  it("nor a log, leaves nothing in memory", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.done(sidecar.host.openStream(INBOUND));
    sidecar.request();
    assert.equal(sidecar.spans().length, 1);
  });
});

describe("a stream of a root context", () => {
  it("that has refused its configuration goes on unchanged", async () => {
    const { host } = await Sidecar.bare();
    host.configure(INBOUND, "{}");
    const stream = host.openStream(INBOUND);
    assert.deepEqual(host.requestHeaders(stream, FRESH), FRESH.headers);
    host.log(stream, { properties: OK });
    assert.deepEqual(host.calls, []);
  });

  it("that has ended makes no span", async () => {
    const sidecar = await Sidecar.start();
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.requestHeaders(stream, SAMPLED);
    sidecar.done(INBOUND);
    sidecar.host.log(stream, { properties: OK });
    sidecar.host.done(stream);
    assert.deepEqual(sidecar.host.calls, []);
  });
});

describe("the kind of a span", () => {
  it("is the direction of the stream's listener", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    for (const root of [INBOUND, OUTBOUND, INBOUND]) sidecar.request({ root });
    const kinds = sidecar.spans().map((span) => span.tags["span.kind"]);
    assert.deepEqual(kinds, ["server", "client", "server"]);
  });

  it("is each stream's own if listeners of both directions share a root context", async () => {
    const sidecar = await Sidecar.start();
    for (const direction of [1, 2, 0, 2]) {
      const stream = sidecar.host.openStream(INBOUND, { xds: { listener_direction: direction } });
      sidecar.host.log(stream, { requestHeaders: SAMPLED, properties: OK });
    }
    const kinds = sidecar.spans().map((span) => span.tags["span.kind"]);
    assert.deepEqual(kinds, ["server", "client", "server", "client"]);
  });

  it("can be set by the configuration", async () => {
    const sidecar = await Sidecar.start({ span: { kind: "client" } });
    sidecar.request();
    assert.equal(sidecar.spans()[0]?.tags["span.kind"], "client");
  });
});

describe("a thousand streams at once, in any order,", () => {
  it("keep their ids apart", async () => {
    const random = new Random(3);
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 100_000, max_bytes: 1 << 24 } });
    const open = new Map<number, { parent: string; sent: Map<string, string> }>();
    const expected = new Map<string, { spanId: string; parentId: string }>();
    const end = (stream: number) => {
      const { parent, sent } = open.get(stream) as { parent: string; sent: Map<string, string> };
      sidecar.host.log(stream, { responseHeaders: ANSWERED, properties: OK });
      sidecar.host.done(stream);
      open.delete(stream);
      expected.set(sent.get("x-b3-traceid") ?? "", { spanId: sent.get("x-b3-spanid") ?? "", parentId: parent });
    };
    for (let i = 0; i < 5_000; i++) {
      const stream = sidecar.host.openStream(INBOUND);
      const parent = random.hex(16);
      const b3 = { "x-b3-traceid": random.hex(16), "x-b3-spanid": parent, "x-b3-sampled": "1" };
      open.set(stream, { parent, sent: new Map(sidecar.host.requestHeaders(stream, request(b3))) });
      while (open.size > 1_000) end(random.pick([...open.keys()]));
    }
    for (const stream of open.keys()) end(stream);
    const reported = sidecar.spans().map(({ traceId, spanId, parentId }) => [traceId, { spanId, parentId }] as const);
    assert.equal(reported.length, 5_000);
    assert.deepEqual(new Map(reported), expected);
  });
});
