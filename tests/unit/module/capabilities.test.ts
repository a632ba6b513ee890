// A VM with capabilities taken away (Envoy's capability_restriction_config): what it refuses, and what it does all the same.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostOptions } from "../../host/options.ts";
import type { Attributes } from "../../host/properties.ts";
import { FRESH } from "./requests.ts";
import { INBOUND, NODE, Sidecar } from "./sidecar.ts";

/** The span ids of some requests, each of which starts a trace, in a VM without random_get. */
async function idsOf(connection: Attributes, options: HostOptions = {}): Promise<(string | undefined)[]> {
  const { host } = await Sidecar.start({}, { denied: ["random_get"], ...options });
  return Array.from({ length: 20 }, () => {
    const stream = host.openStream(INBOUND, connection);
    const sentOn = new Map(host.requestHeaders(stream, FRESH));
    return sentOn.get("x-b3-spanid");
  });
}

describe("ids without random_get", () => {
  const connection = { connection: { id: 5 }, source: { address: "10.0.0.7:50312" } };
  const other = { xds: { node: { ...NODE.xds.node, id: "sidecar~172.17.0.18~reviews" } } };
  for (const [what, more, options] of [
    ["number of the first connection", { connection: { id: 6 } }, {}],
    ["address of the first client", { source: { address: "10.0.0.7:50313" } }, {}],
    ["microsecond in which it started", {}, { now: 1_700_000_000_000.001 }],
    ["node", {}, { node: other }],
    ["random bits, which are there", {}, { denied: [] }],
  ] as [string, Attributes, HostOptions][]) {
    it(`are others in a VM that differs in the ${what}`, async () => {
      const ids = [...(await idsOf(connection)), ...(await idsOf({ ...connection, ...more }, options))];
      assert.equal(new Set(ids).size, 40, ids.join(" "));
    });
  }
});
