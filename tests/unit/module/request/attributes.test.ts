// A span's attributes come together, as the value of one expression, or one by one if Envoy has no such value. The span
// is the same.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attributes, Properties } from "../../../host/properties.ts";
import { NOT_FOUND } from "../../../host/status.ts";
import { ended, OK } from "../requests.ts";
import { INBOUND, NODE, OUTBOUND, Sidecar, type Changes, type Exchange } from "../sidecar.ts";

/** An Envoy without Istio's control plane: it names spans after virtual hosts. */
const PLAIN = { xds: { node: { id: "front-proxy", cluster: "front" } } };

/** One request's reported span, in a host with or without expressions, and how many attributes were read one by one. */
async function spanOf(exchange: Exchange, hasExpressions: boolean, node: Attributes = NODE) {
  const sidecar = await Sidecar.bare({ seed: 1, node });
  if (!hasExpressions) sidecar.host.refuse("proxy_call_foreign_function", NOT_FOUND);
  sidecar.configure(exchange.root ?? INBOUND);
  sidecar.host.forgetHostCalls();
  sidecar.request(exchange);
  // Two are for the ids, at a VM's first stream.
  const singly = (sidecar.host.hostCalls.proxy_get_property ?? 0) - 2;
  sidecar.tick(exchange.root);
  return { span: sidecar.readings[0]?.spans[0], singly };
}

/** The attributes of a usual stream, except `missing`. */
function without(...missing: string[]): Properties {
  const absent = ["response.backend_latency", ...missing];
  return new Map([...OK].filter(([path]) => !absent.includes(path.replace("\0", "."))));
}

const CASES: Record<string, Exchange & { absent?: true }> = {
  "a call that was answered": {},
  "a call that the workload makes": { root: OUTBOUND },
  "a failed one": { properties: ended({ response: { code: 503, flags: 2, size: 0 } }) },
  "a value that is empty": { properties: ended({ source: { address: "" } }) },
  "a value of two kilobytes": { properties: ended({ xds: { cluster_name: "outbound|80||".padEnd(2048, "x") } }) },
  "one that went to no cluster": { properties: without("xds.cluster_name") },
  "one without an answer": { properties: without("response.code", "xds.cluster_name") },
  "one without a protocol": { properties: without("request.protocol") },
  "one without a duration": { properties: without("request.duration") },
  "one that Envoy does not know": { properties: without("request.time"), absent: true },
};

describe("attributes that come together give the same span as one by one:", () => {
  for (const [name, { absent, ...exchange }] of Object.entries(CASES)) {
    it(name, async () => {
      const atOnce = await spanOf(exchange, true);
      const singly = await spanOf(exchange, false);
      assert.ok(atOnce.span);
      assert.deepEqual(atOnce.span, singly.span);
      assert.deepEqual([atOnce.singly, singly.singly], [absent ? 10 : 0, 10]);
    });
  }
});

const NAMED: Record<string, [Properties, operation: string]> = {
  "a route of a virtual host": [ended({ xds: { cluster_name: "backend", virtual_host_name: "shop" } }), "shop"],
  "a virtual host without a route": [
    ended({ response: { code: 404 }, xds: { cluster_name: "", virtual_host_name: "shop" } }),
    "shop",
  ],
  "no virtual host": [without("xds.cluster_name"), "ingress"],
  "no virtual host, but an answer": [ended({ xds: { cluster_name: "backend" } }), "ingress"],
};

describe("an Envoy that strangers can call names a span after", () => {
  for (const [name, [properties, operation]] of Object.entries(NAMED)) {
    it(name, async () => {
      const atOnce = await spanOf({ properties }, true, PLAIN);
      const singly = await spanOf({ properties }, false, PLAIN);
      assert.equal(atOnce.span?.name, operation);
      assert.deepEqual(atOnce.span, singly.span);
      assert.equal(singly.singly, 11);
    });
  }

  it("its virtual host, read in the same host call as everything else", async () => {
    const [properties] = NAMED["a route of a virtual host"] ?? [];
    assert.equal((await spanOf({ properties }, true, PLAIN)).singly, 0);
  });
});

describe("the virtual host", () => {
  it("is not read if every span can be named without it", async () => {
    const asked = async (node: Attributes, changes: Changes = {}): Promise<number> => {
      const sidecar = await Sidecar.bare({ node });
      sidecar.host.refuse("proxy_call_foreign_function", NOT_FOUND);
      sidecar.configure(INBOUND, changes);
      // The first stream is asked for more, to seed the ids.
      sidecar.request();
      sidecar.host.forgetHostCalls();
      sidecar.request();
      return sidecar.host.hostCalls.proxy_get_property ?? 0;
    };
    assert.equal(await asked(NODE), 10);
    assert.equal(await asked(PLAIN), 11);
    assert.equal(await asked(PLAIN, { span: { kind: "client" } }), 10);
    assert.equal(await asked(NODE, { propagation: { trust_incoming: false } }), 11);
  });

  it("is not that of another root context", async () => {
    const sidecar = await Sidecar.bare();
    sidecar.configure(INBOUND, { propagation: { trust_incoming: false } });
    sidecar.configure(OUTBOUND);
    const xds = { virtual_host_name: "shop" };
    sidecar.request({ properties: ended({ xds: { ...xds, cluster_name: "backend" } }) });
    // Without an authority, no name is known.
    sidecar.request({
      root: OUTBOUND,
      headers: [[":method", "GET"]],
      properties: ended({ xds: { cluster_name: "" } }),
    });
    sidecar.tick(OUTBOUND);
    sidecar.tick(INBOUND);
    const names = sidecar.readings.flatMap(({ spans }) => spans.map(({ name }) => name));
    assert.deepEqual(names.sort(), ["egress", "shop"]);
  });
});

describe("the expression", () => {
  it("is that of the root context, even after a configuration change", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    // INBOUND's timer is running, so its work passes to OUTBOUND, and the module acts for that one.
    sidecar.request();
    sidecar.configure(INBOUND, { buffer: { flush_spans: 100 } });
    sidecar.host.forgetHostCalls();
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    assert.equal(sidecar.host.hostCalls.proxy_call_foreign_function, 2);
    assert.equal(sidecar.host.hostCalls.proxy_get_property, undefined);
  });
});
