// A span's attributes come at once, as the value of one expression, or one by one where Envoy has no such value: the span is the same.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Properties } from "../../host/properties.ts";
import { NOT_FOUND } from "../../host/status.ts";
import { ended, OK } from "./requests.ts";
import { INBOUND, OUTBOUND, Sidecar, type Exchange } from "./sidecar.ts";

/** The span of one request as it is reported, in a host with expressions or without, and how many attributes came singly. */
async function spanOf(exchange: Exchange, hasExpressions: boolean) {
  const sidecar = await Sidecar.bare({ seed: 1 });
  if (!hasExpressions) sidecar.host.refuse("proxy_call_foreign_function", NOT_FOUND);
  sidecar.configure(exchange.root ?? INBOUND);
  sidecar.host.forgetHostCalls();
  sidecar.request(exchange);
  const singly = sidecar.host.hostCalls.proxy_get_property ?? 0;
  sidecar.tick(exchange.root);
  return { span: sidecar.readings[0]?.spans[0], singly };
}

/** What is known of a usual stream, but for `missing`. */
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

describe("attributes that come at once make the span that they make one by one:", () => {
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

describe("the expression", () => {
  it("is that of the root context, also after a change of the configuration", async () => {
    const sidecar = await Sidecar.start();
    sidecar.configure(OUTBOUND);
    // With its timer running, what INBOUND had goes to OUTBOUND, and the module speaks for that one.
    sidecar.request();
    sidecar.configure(INBOUND, { buffer: { flush_spans: 100 } });
    sidecar.host.forgetHostCalls();
    sidecar.request();
    sidecar.request({ root: OUTBOUND });
    assert.equal(sidecar.host.hostCalls.proxy_call_foreign_function, 2);
    assert.equal(sidecar.host.hostCalls.proxy_get_property, undefined);
  });
});
