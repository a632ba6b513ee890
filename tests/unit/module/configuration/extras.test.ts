// Additions by configuration: tags from all sources, and ids for access logs.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BAD_ARGUMENT } from "../../../host/status.ts";
import { ANSWERED, ended, OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar, type Changes } from "../sidecar.ts";

const CONTINUED = { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" };

describe("a custom tag", () => {
  const environment = { REGION: "eu", EMPTY: "", REGIONS: "all" };

  it("comes from each kind of source", async () => {
    const tags = {
      literal: { team: "shop" },
      environment: { region: "REGION" },
      request_headers: { tenant: "x-tenant" },
      response_headers: { server: "server" },
      properties: { took: "request.duration", code: "response.code", app: "xds.node.cluster" },
    };
    const sidecar = await Sidecar.start({ tags }, { environment });
    sidecar.request({ headers: request({ ...CONTINUED, "x-tenant": "a" }), responseHeaders: ANSWERED });
    const { team, region, tenant, server, took, code, app } = sidecar.spans()[0]?.tags ?? {};
    assert.deepEqual(
      { team, region, tenant, server, took, code, app },
      {
        team: "shop",
        region: "eu",
        tenant: "a",
        server: "envoy",
        took: "1260000",
        code: "200",
        app: "reviews.default",
      },
    );
  });

  it("comes from the authority (also named host, without credentials) and from other pseudo headers", async () => {
    const tags = {
      request_headers: { a: "host", b: ":authority", c: ":path", d: ":method", e: ":scheme" },
      response_headers: { f: ":status" },
    };
    const sidecar = await Sidecar.start({ tags });
    const headers = request({ ...CONTINUED, ":authority": "user:secret@reviews:9080" });
    sidecar.request({ headers, responseHeaders: ANSWERED });
    const { a, b, c, d, e, f } = sidecar.spans()[0]?.tags ?? {};
    const authority = "reviews:9080";
    const sent = Object.fromEntries(headers);
    assert.deepEqual([a, b, c, d, e], [authority, authority, sent[":path"], sent[":method"], sent[":scheme"]]);
    assert.equal(f, "200");
  });

  it("of a property may have every kind of brackets in its path", async () => {
    const tags = { properties: { a: "xds['cluster_name']", b: 'xds["cluster_name"]', c: "xds[cluster_name]" } };
    const sidecar = await Sidecar.start({ tags });
    sidecar.request({ headers: request(CONTINUED) });
    const { a, b, c } = sidecar.spans()[0]?.tags ?? {};
    assert.deepEqual([a, b, c], Array(3).fill("outbound|9080|v3|reviews.default.svc.cluster.local"));
  });

  it("has its default if the source has nothing, and is omitted without a default", async () => {
    const tags = {
      environment: { a: { source: "NONE", default: "-" }, b: { source: "EMPTY", default: "-" }, c: "NONE", d: "REGIO" },
      request_headers: { e: { source: "x-none", default: "-" }, f: "x-none" },
      response_headers: { g: { source: "x-none", default: "-" } },
      properties: { h: { source: "no.such", default: "-" }, i: "no.such" },
    };
    const sidecar = await Sidecar.start({ tags }, { environment });
    sidecar.request();
    const found = Object.entries(sidecar.spans()[0]?.tags ?? {}).filter(([name]) => name.length === 1);
    assert.deepEqual(Object.fromEntries(found), { a: "-", b: "-", e: "-", g: "-", h: "-" });
  });

  it("of one configuration does not appear for another that reports to the same collector", async () => {
    const tagged = (name: string): Changes => ({ tags: { request_headers: { [name]: "x-tenant" } } });
    const sidecar = await Sidecar.start(tagged("in"));
    sidecar.configure(OUTBOUND, tagged("out"));
    const headers = request({ ...CONTINUED, "x-tenant": "a" });
    sidecar.request({ headers });
    sidecar.request({ headers, root: OUTBOUND });
    const found = sidecar.spans().map(({ tags }) => [tags.in, tags.out]);
    assert.deepEqual(found, [
      ["a", undefined],
      [undefined, "a"],
    ]);
  });
});

describe("log.trace_id", () => {
  function filterState(sidecar: Sidecar, headers = SAMPLED): [Record<string, string>, Map<string, string>] {
    const stream = sidecar.host.openStream(INBOUND);
    const sent = sidecar.host.requestHeaders(stream, headers);
    const state = Object.fromEntries(sidecar.host.filterState(stream));
    sidecar.host.log(stream, { properties: OK });
    return [state, new Map(sent)];
  }

  it("sets the ids of the span on the stream", async () => {
    const [state, sent] = filterState(await Sidecar.start({ log: { trace_id: true } }));
    assert.deepEqual(state, { "lightspan.trace_id": TRACE_ID, "lightspan.span_id": sent.get("x-b3-spanid") });
  });

  it("sets none if there is no span, and none by default", async () => {
    assert.deepEqual(filterState(await Sidecar.start({ log: { trace_id: true } }), UNSAMPLED)[0], {});
    assert.deepEqual(filterState(await Sidecar.start())[0], {});
  });

  it("that Envoy refuses is reported once, and the requests and their spans go on", async () => {
    const sidecar = await Sidecar.start({ log: { trace_id: true } });
    sidecar.host.refuse("proxy_set_property", BAD_ARGUMENT);
    for (let i = 0; i < 3; i++) assert.deepEqual(filterState(sidecar)[0], {});
    assert.deepEqual(sidecar.lines("warn"), [
      "Envoy refused the ids for access logs (proxy_status 2): log.trace_id has no effect",
    ]);
    assert.equal(sidecar.spans().length, 3);
  });
});

describe("the sizes of bodies", () => {
  it("are the bytes received and sent, without the headers", async () => {
    const sidecar = await Sidecar.start();
    const headers = request(CONTINUED);
    const sent = [...sidecar.request({ headers, endOfStream: false })];
    const total = sent.reduce((sum, [name, value]) => sum + name.length + value.length, 1234);
    sidecar.request({ headers, endOfStream: false, properties: ended({ request: { total_size: total } }) });
    assert.equal(sidecar.spans()[1]?.tags.request_size, "1234");
  });
});
