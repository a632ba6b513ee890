// sampling.rules in the whole module: what goes before them, what they decide, and what goes after them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import { request, SAMPLED, SPAN_ID, TRACE_ID } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar } from "../sidecar.ts";

/** No health checks, all of checkout and of one tenant, and nothing else. */
const SAMPLING = {
  rate: 0,
  exclude_paths: ["/checkout/healthz"],
  rules: [
    { path_prefix: "/checkout/cart", method: "DELETE", rate: 0 },
    { path_prefix: "/checkout", rate: 1 },
    { header: { name: "x-tenant", value: "acme" }, rate: 1 },
    { header: { name: "host", value: "shop" }, rate: 1 },
  ],
};

/** A request that has `changes` in place of headers of the same name. */
function changed(changes: Record<string, string>): Headers {
  return [...new Map([...request(), ...Object.entries(changes)])];
}

/** The decision that leaves with a request. */
async function decided(headers: Headers): Promise<string | undefined> {
  const sidecar = await Sidecar.start({ sampling: SAMPLING });
  return sidecar.request({ headers }).get("x-b3-sampled");
}

describe("sampling.rules", () => {
  it("decide by path, method and header: the first that matches", async () => {
    assert.equal(await decided(changed({ ":path": "/checkout/1" })), "1");
    assert.equal(await decided(changed({ ":path": "/checkout/cart", ":method": "POST" })), "1");
    assert.equal(await decided(changed({ ":path": "/checkout/cart", ":method": "DELETE" })), "0");
    assert.equal(await decided(changed({ "x-tenant": "acme" })), "1");
    assert.equal(await decided(changed({ ":authority": "shop" })), "1", "host is :authority, as in HTTP/2");
  });

  it("leave a request that matches none to the rate", async () => {
    assert.equal(await decided(request()), "0");
    assert.equal(await decided(changed({ "x-tenant": "other" })), "0");
  });

  it("decide for a trace that arrived undecided, not for one that its parent decided", async () => {
    const undecided = { b3: `${TRACE_ID}-${SPAN_ID}` };
    assert.equal(await decided(changed({ ...undecided, "x-tenant": "acme" })), "1");
    assert.equal(await decided(changed(undecided)), "0");
    assert.equal(await decided(SAMPLED), "1");
    assert.equal(await decided(changed({ b3: `${TRACE_ID}-${SPAN_ID}-0`, "x-tenant": "acme" })), "0");
  });

  it("come after excluded paths and forced traces", async () => {
    const excluded = { ":path": "/checkout/healthz" };
    assert.equal(await decided(changed(excluded)), "0");
    assert.equal(await decided(changed({ ...excluded, "x-envoy-force-trace": "1" })), "1");
    const never = { ":path": "/checkout/cart", ":method": "DELETE" };
    assert.equal(await decided(changed({ ...never, "x-envoy-force-trace": "1" })), "1");
  });

  it("come before the cap", async () => {
    const sidecar = await Sidecar.start({ sampling: { ...SAMPLING, max_traces_per_second: 2 } });
    const headers = changed({ ":path": "/checkout" });
    sidecar.requests(10);
    sidecar.requests(10, { headers: request() });
    const decisions = Array.from({ length: 4 }, () => sidecar.request({ headers }).get("x-b3-sampled"));
    assert.deepEqual(decisions, ["1", "1", "0", "0"], "only what a rule accepts counts");
  });

  it("are those of each root context", async () => {
    const sidecar = await Sidecar.start({ sampling: { rate: 1, rules: [{ path_prefix: "/reviews", rate: 0 }] } });
    sidecar.configure(OUTBOUND, { sampling: { rate: 0, rules: [{ path_prefix: "/reviews", rate: 1 }] } });
    const of = (root: number) => sidecar.request({ root, headers: request() }).get("x-b3-sampled");
    assert.deepEqual([of(INBOUND), of(OUTBOUND)], ["0", "1"]);
  });

  it("survive the end of an earlier configuration that had others", async () => {
    const sidecar = await Sidecar.start({ sampling: { rules: [{ header: { name: "x-first" }, rate: 0 }] } });
    sidecar.configure(OUTBOUND, { sampling: { rate: 0, rules: [{ header: { name: "x-second" }, rate: 1 }] } });
    sidecar.done(INBOUND);
    for (let i = 0; i < 20; i++) sidecar.tick(OUTBOUND);
    const of = (name: string) => sidecar.request({ root: OUTBOUND, headers: request({ [name]: "" }) });
    assert.equal(of("x-second").get("x-b3-sampled"), "1");
    assert.equal(of("x-first").get("x-b3-sampled"), "0");
  });
});
