// A mesh that still names Lightstep's removed tracer, in either of the two places that docs/migration.md warns about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { workload } from "../../demo/topology.ts";
import { wasm } from "../envoy/ground.ts";
import { agentMissing, startAgent } from "./agent.ts";
import { collectorUrl, inCluster } from "./cluster.ts";
import { manifestObjects } from "./manifests.ts";
import { startProxy } from "./proxy.ts";

const leftOver = {
  extensionProviders: [
    {
      name: "lightstep",
      lightstep: { service: "satellite.observability.svc.cluster.local", port: 8360, accessToken: "x" },
    },
  ],
  defaultProviders: { tracing: ["lightstep"] },
};

/** How istiod ends when a proxy asks it for listeners; undefined if it survives. */
async function endOfIstiod(meshConfig: object, ...flags: string[]): Promise<string | undefined> {
  const objects = manifestObjects("--collector", collectorUrl, "--module", `file://${wasm}`, ...flags);
  let end: string | undefined;
  await inCluster({ objects, meshConfig }, async ({ pilot, ports, add }) => {
    const details = workload("details-v1");
    const { host } = ports.get(details)?.inbound ?? { host: "" };
    const proxy = startProxy({ pilot, workload: details, metadata: { INSTANCE_IPS: host }, readyTimeoutMs: 10_000 });
    const live = proxy.then(add).then(
      () => sleep(1000),
      () => undefined,
    );
    const how = await Promise.race([pilot.ended, live.then(() => undefined)]);
    if (how !== undefined) end = `${how}\n${pilot.log()}`;
    await live;
  });
  return end;
}

test("a left-over provider of Lightstep's crashes istiod as soon as a proxy connects", async () => {
  assert.match((await endOfIstiod(leftOver, "--keep-native-tracing")) ?? "", /nil pointer dereference/);
});

test("our Telemetry prevents the crash", async () => {
  assert.equal(await endOfIstiod(leftOver), undefined);
});

test("without the provider nothing crashes", async () => {
  assert.equal(await endOfIstiod({}, "--keep-native-tracing"), undefined);
});

const skip = (await agentMissing()) ?? false;
test("a left-over tracer of Lightstep's in the defaultConfig keeps proxies from starting", { skip }, async () => {
  const proxyConfig = { tracing: { lightstep: { address: "collector.lightstep.com:443", accessToken: "x" } } };
  await inCluster({ objects: [] }, async ({ pilot, ports, add }) => {
    const details = workload("details-v1");
    const address = ports.get(details)?.inbound.host ?? "";
    const started = startAgent({ pilot, workload: details, address, proxyConfig }).then(add);
    await assert.rejects(started, /Didn't find a registered implementation for 'envoy.tracers.lightstep'/);
  });
});
