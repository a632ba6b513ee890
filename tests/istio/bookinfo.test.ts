// The story of `npm start` in Istio: with only the manifests of `lightspan istio` added to a mesh with Bookinfo, a page
// view is the same trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "../../demo/expected.ts";
import { workload } from "../../demo/topology.ts";
import { viewPages } from "../../demo/traffic.ts";
import { account, wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { inMesh } from "./bookinfo.ts";
import { collectorUrl } from "./cluster.ts";
import { manifestObjects } from "./manifests.ts";

const views = 12;

test("Bookinfo with proxies that istiod configures gives the same traces as npm start", async () => {
  const objects = manifestObjects("--collector", collectorUrl, "--module", `file://${wasm}`);
  await inMesh({ objects }, async ({ url, satellite, envoys, ports }) => {
    assert.deepEqual(await viewPages(url, views, 1), []);
    await eventually(`${views} whole traces`, () => {
      const whole = satellite.store.list().filter((trace) => faultsOf(trace).length === 0);
      return whole.length >= views ? whole : undefined;
    }).catch((error: Error) => {
      const faults = satellite.store.list().slice(0, 3).map(faultsOf);
      throw new Error(`${error.message}; the first traces: ${JSON.stringify(faults, null, 1)}`);
    });
    // As if to a collector in the mesh, which has a sidecar, too.
    const { host, port } = ports.get(workload("details-v1"))?.inbound ?? { host: "", port: 0 };
    for (let i = 0; i < 5; i++)
      await fetch(`http://${host}:${port}/api/v2/reports`, { method: "POST", body: "a report" });
    assert.deepEqual(await viewPages(url, 1, 1), []);
    await eventually("the last page view", () => satellite.store.list()[views]);
    assert.equal(satellite.store.list().length, views + 1, "a trace that no page view began");
    const { spans_dropped, context_malformed } = await account([...envoys.values()]);
    assert.deepEqual({ spans_dropped, context_malformed }, { spans_dropped: 0, context_malformed: 0 });
  });
});
