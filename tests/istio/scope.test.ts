// Settings for a part of the mesh: what real Envoys get from the real istiod if EnvoyFilters of several scopes apply to
// them, and how they sample.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { workload, type BookinfoWorkload } from "../../demo/topology.ts";
import { viewPages } from "../../demo/traffic.ts";
import type { EnvoyProcess } from "../../runner/process.ts";
import { account, during, wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { inMesh } from "./bookinfo.ts";
import { collectorUrl, inCluster, type Cluster } from "./cluster.ts";
import { connectionManagers, extensions } from "./dump.ts";
import type { KubeObject } from "./kubernetes.ts";
import { manifestObjects } from "./manifests.ts";
import { objectsIn } from "./objects.ts";
import { startProxy } from "./proxy.ts";

const timeout = 240_000;

/** The objects for a sampling rate, in the mesh or where `flags` say. */
const objectsFor = (rate: number, ...flags: string[]): KubeObject[] => {
  const config = JSON.stringify({ sampling: { rate } });
  return manifestObjects("--collector", collectorUrl, "--module", `file://${wasm}`, "--config", config, ...flags);
};
const ofNamespace = ["--namespace", "default"];
const ofReviews = [...ofNamespace, "--workload", "app=reviews"];

const reviews = workload("reviews-v1");
const details = workload("details-v1");

function proxyOf({ pilot, ports }: Cluster, workload: BookinfoWorkload): Promise<EnvoyProcess> {
  return startProxy({ pilot, workload, metadata: { INSTANCE_IPS: ports.get(workload)?.inbound.host } });
}

/** Every filter of Lightspan's in an Envoy, as `DIRECTION: NAMES`, once for each chain of filters that differs. */
async function chainsOf(envoy: EnvoyProcess): Promise<string[]> {
  const managers = await connectionManagers(envoy);
  const chains = managers.map(({ direction, filters }) => {
    return `${direction}: ${filters.filter((name) => name.includes("lightspan")).join(" ")}`;
  });
  return [...new Set(chains)].sort();
}

const bothWays = (names: string): string[] => [`INBOUND: ${names}`, `OUTBOUND: ${names}`];

/** The status of a request on a connection of its own. An older connection would still have the filters it began with. */
async function statusOf(url: string): Promise<number | undefined> {
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  await response.toArray();
  return response.statusCode;
}

/** Sends 20 requests without a trace to a workload, and waits until Lightspan has counted as many streams. */
async function request({ ports }: Cluster, to: BookinfoWorkload, envoy: EnvoyProcess, streams = 20): Promise<void> {
  const { host, port } = ports.get(to)?.inbound ?? { host: "", port: 0 };
  const { requests: earlier = 0 } = await account([envoy]);
  for (let i = 0; i < 20; i++) assert.equal(await statusOf(`http://${host}:${port}/${to.app}/0`), 200);
  await eventually(
    `${streams} streams of ${to.name}`,
    () => account([envoy]),
    ({ requests, requests_open }) => requests === earlier + streams && requests_open === 0,
  );
}

async function sampledBy(envoy: EnvoyProcess): Promise<{ recorded: number; unsampled: number }> {
  const { spans_recorded: recorded = 0, spans_unsampled: unsampled = 0 } = await account([envoy]);
  return { recorded, unsampled };
}

test("a workload's EnvoyFilter gives it other settings, and the others keep the mesh's", { timeout }, async () => {
  const [own] = objectsFor(1, ...ofReviews).filter(({ kind }) => kind === "EnvoyFilter");
  assert.ok(own);
  // It is older than the mesh's: the time of creation does not matter.
  own.metadata.creationTimestamp = "2025-01-01T00:00:00Z";
  await inCluster({ objects: [...objectsFor(0), own] }, async (cluster) => {
    const [envoy, other] = [await proxyOf(cluster, reviews), await proxyOf(cluster, details)];
    await during([envoy, other], async () => {
      assert.deepEqual(await chainsOf(envoy), bothWays("lightspan-app-reviews.default"));
      assert.deepEqual(await chainsOf(other), bothWays("lightspan"));
      for (const { filters } of await connectionManagers(envoy))
        assert.match(filters[0] ?? "", /^lightspan-app-reviews/);
      assert.deepEqual(
        (await extensions(envoy)).map(({ name, vmId }) => [name, vmId]),
        [["lightspan-app-reviews.default", "lightspan"]],
      );
      await request(cluster, reviews, envoy);
      await request(cluster, details, other);
      assert.deepEqual(await sampledBy(envoy), { recorded: 20, unsampled: 0 });
      assert.deepEqual(await sampledBy(other), { recorded: 0, unsampled: 20 });

      // Without it, the workload has the mesh's settings again, and with it, its own.
      cluster.kubernetes.remove(own);
      const chains = (): Promise<string[]> => chainsOf(envoy);
      await eventually("the mesh's filter", chains, (now) => now.join() === bothWays("lightspan").join());
      await request(cluster, reviews, envoy);
      assert.deepEqual(await sampledBy(envoy), { recorded: 20, unsampled: 20 });
      cluster.kubernetes.apply(own);
      await eventually("its own filter", chains, (now) => now.every((names) => names.includes("app-reviews")));
      await request(cluster, reviews, envoy);
      assert.deepEqual(await sampledBy(envoy), { recorded: 40, unsampled: 20 });
    });
  });
});

test(
  "a namespace's EnvoyFilter replaces the mesh's, with the filters that write headers, and a workload's replaces both",
  {
    timeout,
  },
  async () => {
    const objects = [
      ...objectsFor(1, "--via", "filter_state"),
      ...objectsFor(1, ...ofNamespace, "--via", "filter_state"),
      ...objectsFor(1, ...ofReviews),
    ];
    await inCluster({ objects }, async (cluster) => {
      const [envoy, other] = [await proxyOf(cluster, reviews), await proxyOf(cluster, details)];
      await during([envoy, other], async () => {
        assert.deepEqual(await chainsOf(envoy), bothWays("lightspan-app-reviews.default"));
        assert.deepEqual(await chainsOf(other), bothWays("lightspan.default lightspan.remove lightspan.write"));
        await request(cluster, reviews, envoy);
        await request(cluster, details, other);
        assert.deepEqual(await sampledBy(envoy), { recorded: 20, unsampled: 0 });
        assert.deepEqual(await sampledBy(other), { recorded: 20, unsampled: 0 });
      });
    });
  },
);

const twice: [what: string, objects: KubeObject[]][] = [
  ...["WasmPlugin", "TrafficExtension"].map((kind): [string, KubeObject[]] => [
    `a ${kind} for the mesh and one for a workload`,
    [...objectsFor(1, "--kind", kind), ...objectsFor(1, "--kind", kind, ...ofReviews)],
  ]),
  [
    "EnvoyFilters for two workloads that share pods",
    [...objectsFor(1, ...ofReviews), ...objectsFor(1, ...ofNamespace, "--workload", "version=v1")],
  ],
];
for (const [what, objects] of twice) {
  test(`${what} double the spans`, { timeout }, async () => {
    await inCluster({ objects }, async (cluster) => {
      const envoy = await proxyOf(cluster, reviews);
      await during([envoy], async () => {
        await request(cluster, reviews, envoy, 40);
        assert.deepEqual(await sampledBy(envoy), { recorded: 40, unsampled: 0 });
      });
    });
  });
}

/** The manifest of docs/istio.md that turns Lightspan off on a route. */
function offOnRoute(): KubeObject {
  const page = readFileSync(new URL("../../docs/istio.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  const [found, ...more] = blocks.filter((text) => text.includes("HTTP_ROUTE")).flatMap(objectsIn);
  assert.ok(found !== undefined && more.length === 0);
  return found;
}

test("an EnvoyFilter turns Lightspan off on a route, as the documents show it", { timeout }, async () => {
  await inMesh({ objects: [...objectsFor(1), offOnRoute()] }, async ({ envoys, url, satellite }) => {
    const gateway = envoys.get("istio-ingressgateway");
    assert.ok(gateway);
    assert.deepEqual(await chainsOf(gateway), ["OUTBOUND: lightspan"]);
    assert.deepEqual(await viewPages(url, 5, 1), []);
    const traces = await eventually("5 traces", () => {
      const all = satellite.store.list();
      return all.length === 5 && all.every(({ spans }) => spans.length > 3) ? all : undefined;
    });
    const services = new Set(traces.flatMap(({ spans }) => spans.map(({ service }) => service)));
    assert.ok(services.has("productpage.default"));
    assert.ok(!services.has("istio-ingressgateway.istio-system"), [...services].join(" "));
    assert.equal((await account([gateway])).requests ?? 0, 0);
  });
});
