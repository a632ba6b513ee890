// The Envoy configurations as data: Istio's names, the filter's place, and what must be absent.

import assert from "node:assert/strict";
import test from "node:test";
import { ingress, services, workload, workloads } from "../../../demo/topology.ts";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { collectorCluster, gateway, inboundListener, outboundListener, sidecar } from "../../../runner/config/mesh.ts";

/** The parts of a bootstrap that the tests read. */
interface Bootstrap {
  node: { id: string; cluster: string; metadata: Record<string, unknown> };
  static_resources: { listeners: Listener[]; clusters: Cluster[] };
}
interface Listener {
  name: string;
  traffic_direction: string;
  enable_reuse_port: boolean;
  filter_chains: { filters: { typed_config: ConnectionManager }[] }[];
}
interface ConnectionManager {
  http_filters: { name: string }[];
  route_config: { virtual_hosts: { domains: string[]; routes: { route: { cluster: string } }[] }[] };
}
interface Cluster {
  name: string;
  type: string;
  load_assignment: { endpoints: { lb_endpoints: unknown[] }[] };
  metadata?: { filter_metadata: { istio: Config } };
}

const app = { host: "127.0.0.1", port: 1 };
const lightspan = { wasm: "/lightspan.wasm", config: { collector: { cluster: collectorCluster } } };
const inbound = { service: services.reviews, app };
const outbound = { upstreams: [{ service: services.ratings, endpoints: [app, { host: "127.0.0.2", port: 2 }] }] };

function sidecarOf(more: object = {}): Bootstrap {
  const options = { workload: workload("reviews-v3"), lightspan, inbound, outbound, collector: app };
  return sidecar({ ...options, ...more }) as unknown as Bootstrap;
}

function managerOf(listener: Listener | undefined): ConnectionManager {
  const manager = listener?.filter_chains[0]?.filters[0]?.typed_config;
  assert.ok(manager);
  return manager;
}

test("a sidecar's node is what Istio would write for its pod", () => {
  const { node } = sidecarOf();
  assert.equal(node.id, "sidecar~127.0.1.3~reviews-v3-78f7bbb948-2mb96.default~default.svc.cluster.local");
  assert.equal(node.cluster, "reviews.default");
  const { NAME, NAMESPACE, WORKLOAD_NAME, MESH_ID, CLUSTER_ID, LABELS } = node.metadata;
  assert.deepEqual([NAME, NAMESPACE, WORKLOAD_NAME], ["reviews-v3-78f7bbb948-2mb96", "default", "reviews-v3"]);
  assert.deepEqual([MESH_ID, CLUSTER_ID], ["cluster.local", "Kubernetes"]);
  assert.deepEqual(LABELS, {
    app: "reviews",
    version: "v3",
    "service.istio.io/canonical-name": "reviews",
    "service.istio.io/canonical-revision": "v3",
  });
});

test("a gateway's node is a router without a version, and its listener is OUTBOUND, as in Istio", () => {
  const upstream = { service: services.productpage, endpoints: [app] };
  const routes = [
    { match: { path: "/productpage" }, upstream },
    { match: { prefix: "/api" }, upstream },
  ];
  const { node, static_resources } = gateway({ workload: ingress, lightspan, routes }) as unknown as Bootstrap;
  assert.match(
    node.id,
    /^router~127\.0\.1\.7~istio-ingressgateway-[^~]+\.istio-system~istio-system\.svc\.cluster\.local$/,
  );
  assert.equal(node.cluster, "istio-ingressgateway.istio-system");
  assert.equal((node.metadata.LABELS as Record<string, string>).version, undefined);
  assert.deepEqual(
    static_resources.clusters.map(({ name }) => name),
    ["outbound|9080||productpage.default.svc.cluster.local"],
  );
  assert.equal(static_resources.listeners[0]?.traffic_direction, "OUTBOUND");
});

test("a sidecar has an inbound listener in front of the application and an outbound one after it", () => {
  const { listeners } = sidecarOf().static_resources;
  assert.deepEqual(
    listeners.map(({ name, traffic_direction }) => [name, traffic_direction]),
    [
      [inboundListener, "INBOUND"],
      [outboundListener, "OUTBOUND"],
    ],
  );
  assert.deepEqual(sidecarOf({ outbound: undefined }).static_resources.listeners.length, 1);
  assert.deepEqual(sidecarOf({ inbound: undefined }).static_resources.listeners[0]?.name, outboundListener);
});

test("Lightspan comes first, before every other filter", () => {
  for (const listener of sidecarOf({ filters: [{ name: "rbac" }] }).static_resources.listeners) {
    const names = managerOf(listener).http_filters.map(({ name }) => name);
    assert.deepEqual(names, ["lightspan", "rbac", "envoy.filters.http.router"]);
  }
});

test("without Lightspan only the router remains", () => {
  const names = managerOf(sidecarOf({ lightspan: null }).static_resources.listeners[0]).http_filters;
  assert.deepEqual(
    names.map(({ name }) => name),
    ["envoy.filters.http.router"],
  );
});

test("no listener has Envoy's own tracing, omits request ids or shares its port", () => {
  for (const listener of sidecarOf().static_resources.listeners) {
    const manager = managerOf(listener);
    assert.ok(!("tracing" in manager) && !("generate_request_id" in manager));
    assert.equal(listener.enable_reuse_port, false);
  }
});

test("the connection manager accepts additional fields", () => {
  const manager = managerOf(sidecarOf({ connectionManager: { codec_type: "HTTP2" } }).static_resources.listeners[0]);
  assert.equal((manager as unknown as Config).codec_type, "HTTP2");
});

test("clusters have Istio's names and metadata, and every endpoint", () => {
  const { clusters } = sidecarOf().static_resources;
  const [into, out, collector] = clusters;
  const names = ["inbound|9080||", "outbound|9080||ratings.default.svc.cluster.local", collectorCluster];
  assert.deepEqual(
    clusters.map(({ name }) => name),
    names,
  );
  const host = "reviews.default.svc.cluster.local";
  const istio = { services: [{ host, name: "reviews", namespace: "default" }] };
  assert.deepEqual(into?.metadata?.filter_metadata.istio, istio);
  assert.equal(out?.load_assignment.endpoints[0]?.lb_endpoints.length, 2);
  assert.equal(collector?.type, "STATIC");
});

test("a collector that is not an IP address is looked up by name", () => {
  const { clusters } = sidecarOf({ collector: { host: "collector.example", port: 1 } }).static_resources;
  assert.equal(clusters.at(-1)?.type, "STRICT_DNS");
});

test("the outbound listener answers to every name of a service, with its port and without", () => {
  const host = managerOf(sidecarOf().static_resources.listeners[1]).route_config.virtual_hosts[0];
  for (const domain of ["ratings", "ratings:9080", "ratings.default", "ratings.default.svc.cluster.local:9080"]) {
    assert.ok(host?.domains.includes(domain), domain);
  }
  assert.equal(host?.routes[0]?.route.cluster, "outbound|9080||ratings.default.svc.cluster.local");
});

test("a plugin configuration that is a string reaches Envoy unchanged", () => {
  const text = JSON.stringify(lightspanFilter({ wasm: "/x.wasm", config: "{broken" }));
  assert.ok(text.includes('"value":"{broken"'));
  assert.ok(!text.includes("environment_variables"));
});

test("the VM gets the requested environment", () => {
  const filter = lightspanFilter({ ...lightspan, environment: { A: "1" }, hostEnvironment: ["TOKEN"] });
  assert.ok(
    JSON.stringify(filter).includes('"environment_variables":{"key_values":{"A":"1"},"host_env_keys":["TOKEN"]}'),
  );
});

test("every pod of Bookinfo has its own address and name", () => {
  const all = [...workloads, ingress];
  assert.equal(new Set(all.map(({ ip }) => ip)).size, all.length);
  assert.equal(new Set(all.map(({ pod }) => pod)).size, all.length);
  assert.throws(() => workload("reviews-v4"), /no workload reviews-v4/);
});
