// What a span is called and whose it is, for every way in which Istio names clusters, and in an Envoy without Istio.
import assert from "node:assert/strict";
import { createServer, get } from "node:http";
import { test } from "node:test";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { istioNode } from "../../../runner/config/node.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { workload } from "../../../demo/topology.ts";
import { startSatellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { during, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

interface Shape {
  direction: "INBOUND" | "OUTBOUND" | "UNSPECIFIED";
  /** The upstream cluster's name; if undefined, the route answers itself. */
  cluster?: string;
  /** Content of the cluster's `istio` metadata. */
  istio?: Config;
  virtualHost?: string;
  /** The domains of the virtual host; default: all. */
  domains?: string[];
  node?: Config;
  connectionManager?: Config;
  decorator?: string;
  plugin?: Config;
  headers?: Record<string, string>;
}

/** One request, with its headers besides Host. */
interface Sent {
  host: string;
  path?: string;
  headers?: Record<string, string>;
}

/** Sends one request with `host: shop.example:8080` through an Envoy of that shape and returns its span. */
async function spanOf(shape: Shape): Promise<Span> {
  const [span] = await spansOf(shape, [{ host: "shop.example:8080", path: "/reviews/7", headers: shape.headers }]);
  assert.ok(span);
  return span;
}

/** Sends requests through an Envoy of that shape and returns their spans. */
async function spansOf(shape: Shape, requests: Sent[]): Promise<Span[]> {
  const app = await listen(createServer((_, response) => response.end("ok")));
  const satellite = await startSatellite({});
  const route = {
    match: { prefix: "/reviews/" },
    ...(shape.cluster === undefined ? { direct_response: { status: 502 } } : { route: { cluster: shape.cluster } }),
    ...(shape.decorator === undefined ? {} : { decorator: { operation: shape.decorator } }),
  };
  const config = { collector: { cluster: collectorCluster }, buffer: { flush_interval_ms: 50 }, ...shape.plugin };
  const listener = httpListener({
    name: "listener",
    address: "127.0.0.1",
    port: 0,
    direction: shape.direction,
    routeName: "routes",
    virtualHosts: [{ name: shape.virtualHost ?? "any", domains: shape.domains ?? ["*"], routes: [route] }],
    filters: [lightspanFilter({ wasm, config })],
    connectionManager: shape.connectionManager,
  });
  const clusters = [cluster(collectorCluster, [{ host: "127.0.0.1", port: satellite.port }])];
  if (shape.cluster !== undefined) clusters.push(cluster(shape.cluster, [app], { istio: shape.istio }));
  const node = shape.node ?? istioNode("sidecar", workload("reviews-v3"));
  try {
    const envoy = await startEnvoy({
      binary: await envoyBinary,
      name: "shape",
      config: bootstrap(node, [listener], clusters),
    });
    let found: Span[] = [];
    await during([envoy], async () => {
      const port = await envoy.listenerPort("listener");
      for (const request of requests) await send(port, request);
      const spans = (): Span[] => satellite.store.list().flatMap((trace) => trace.spans);
      const all = (): Span[] | undefined => (spans().length >= requests.length ? spans() : undefined);
      found = await eventually(`${requests.length} spans`, all);
    });
    return found;
  } finally {
    await satellite.close();
    await app.close();
  }
}

function send(port: number, { host, path = "/reviews/7", headers }: Sent): Promise<void> {
  return new Promise((resolve, reject) => {
    // fetch() would write its own host header.
    const request = { host: "127.0.0.1", port, path, headers: { host, ...headers } };
    get(request, (response) => response.resume().on("end", resolve)).on("error", reject);
  });
}

const reviews = { services: [{ host: "reviews.default.svc.cluster.local", name: "reviews", namespace: "default" }] };
const bare = { id: "front-proxy", cluster: "front" };
const router = istioNode("router", {
  ...workload("reviews-v1"),
  app: "istio-ingressgateway",
  namespace: "istio-system",
});
const waypoint = { ...router, id: "waypoint~10.0.0.9~waypoint-7d9f.default~default.svc.cluster.local" };
const strict: Config = { propagation: { trust_incoming: false } };
/** What Istio writes by default: a tracing object without a provider. */
const tracingWithoutProvider = { tracing: { random_sampling: { value: 100 } } };

const operations: [what: string, shape: Shape, operation: string, kind: string][] = [
  [
    "an outbound cluster",
    { direction: "OUTBOUND", cluster: "outbound|9080||reviews.default.svc.cluster.local" },
    "reviews.default.svc.cluster.local:9080/*",
    "client",
  ],
  [
    "an outbound cluster of a subset",
    { direction: "OUTBOUND", cluster: "outbound|9080|v3|reviews.default.svc.cluster.local" },
    "reviews.default.svc.cluster.local:9080/*",
    "client",
  ],
  [
    "an inbound cluster, by its metadata",
    { direction: "INBOUND", cluster: "inbound|9080||", istio: reviews },
    "reviews.default.svc.cluster.local:9080/*",
    "server",
  ],
  [
    "an inbound cluster behind a service of another port",
    { direction: "INBOUND", cluster: "inbound|9080||", istio: reviews, virtualHost: "inbound|http|80" },
    "reviews.default.svc.cluster.local:80/*",
    "server",
  ],
  [
    "an inbound cluster without metadata",
    { direction: "INBOUND", cluster: "inbound|9080||" },
    "shop.example:8080",
    "server",
  ],
  ["the passthrough cluster", { direction: "OUTBOUND", cluster: "PassthroughCluster" }, "shop.example:8080", "client"],
  [
    "the inbound passthrough",
    { direction: "INBOUND", cluster: "InboundPassthroughCluster" },
    "shop.example:8080",
    "server",
  ],
  ["a black hole", { direction: "OUTBOUND" }, "shop.example:8080", "client"],
  [
    "a VirtualService's decorator, where Envoy makes it known",
    {
      direction: "OUTBOUND",
      cluster: "outbound|9080||reviews.default.svc.cluster.local",
      decorator: "reviews.default.svc.cluster.local:9080/reviews/*",
      connectionManager: tracingWithoutProvider,
    },
    "reviews.default.svc.cluster.local:9080/reviews/*",
    "client",
  ],
  ["a listener without a direction", { direction: "UNSPECIFIED", cluster: "backend", node: bare }, "any", "server"],
  [
    "span.kind of the configuration",
    { direction: "UNSPECIFIED", cluster: "backend", node: bare, plugin: { span: { kind: "client" } } },
    "shop.example:8080",
    "client",
  ],
  [
    "the cluster of a waypoint",
    {
      direction: "INBOUND",
      cluster: "inbound-vip|9080|http|details.default.svc.cluster.local",
      virtualHost: "inbound|http|9080",
      node: waypoint,
    },
    "details.default.svc.cluster.local:9080/*",
    "server",
  ],
  [
    "a cluster of Envoy Gateway's",
    { direction: "UNSPECIFIED", cluster: "httproute/default/shop/rule/0", node: bare, plugin: strict },
    "httproute/default/shop/rule/0",
    "server",
  ],
  [
    "one of several backends of Envoy Gateway's",
    { direction: "UNSPECIFIED", cluster: "grpcroute/default/shop/rule/3/backend/1", node: bare, plugin: strict },
    "grpcroute/default/shop/rule/3",
    "server",
  ],
  [
    "an inbound cluster of Istio's at an edge",
    { direction: "INBOUND", cluster: "inbound|9080||", istio: reviews, plugin: strict },
    "reviews.default.svc.cluster.local:9080/*",
    "server",
  ],
  [
    "a gateway of Istio's",
    { direction: "OUTBOUND", cluster: "outbound|9080||reviews.default.svc.cluster.local", node: router },
    "reviews.default.svc.cluster.local:9080/*",
    "client",
  ],
];

for (const [what, shape, operation, kind] of operations) {
  test(`operation and kind with ${what}`, async () => {
    const span = await spanOf(shape);
    assert.deepEqual({ operation: span.operation, kind: span.kind }, { operation, kind });
  });
}

const labelsOnly = { ...istioNode("sidecar", workload("reviews-v3")), cluster: "" };

const services: [what: string, shape: Partial<Shape>, service: string, version: string | null][] = [
  ["the node's cluster", {}, "reviews.default", "v3"],
  ["a gateway's", { node: router }, "istio-ingressgateway.istio-system", "v1"],
  ["labels, where the node has no cluster", { node: labelsOnly }, "reviews.default", "v3"],
  ["a plain node", { node: bare }, "front", null],
  ["a node that says nothing", { node: {} }, "unknown", null],
  ["the configuration's", { node: bare, plugin: { service: { name: "edge", version: "2026.11" } } }, "edge", "2026.11"],
];

for (const [what, shape, service, version] of services) {
  test(`service and version with ${what}`, async () => {
    const span = await spanOf({ direction: "INBOUND", cluster: "backend", ...shape });
    assert.deepEqual({ service: span.service, version: span.version }, { service, version });
    const isIstio = String(span.tags.node_id).split("~").length === 4;
    assert.equal("istio.mesh_id" in span.tags, isIstio, "istio.* are tags of Istio's nodes");
  });
}

const strangers = {
  "x-envoy-decorator-operation": "theirs",
  "x-envoy-original-path": "/theirs",
  "x-envoy-downstream-service-cluster": "theirs",
};
const told = ({ operation, tags }: Span) => [operation, tags["http.url"], tags.downstream_cluster];

test("what a caller says of itself in Envoy's headers is believed behind an edge", async () => {
  const span = await spanOf({ direction: "INBOUND", cluster: "backend", headers: strangers });
  assert.deepEqual(told(span), ["theirs", "http://shop.example:8080/theirs", "theirs"]);
});

test("… and not at one", async () => {
  const connectionManager = { use_remote_address: true };
  const span = await spanOf({ direction: "INBOUND", cluster: "backend", headers: strangers, connectionManager });
  assert.deepEqual(told(span), ["shop.example:8080", "http://shop.example:8080/reviews/7", "-"]);
});

/** Requests for many hosts, with and without a route, and some with their own decorator. */
const many: Sent[] = Array.from({ length: 30 }, (_, number) => ({
  host: `stranger-${number}.example`,
  path: number % 3 === 0 ? "/nowhere" : `/reviews/${number}`,
}));
const lying = many.map((request, number) => ({
  ...request,
  headers: { "x-envoy-decorator-operation": `stranger ${number}` },
}));
const atEdge = { use_remote_address: true };
const nowhere = ["shop.example"];

const strangersAt: [what: string, shape: Shape, requests: Sent[], operation: string, kind: string][] = [
  [
    "a plain Envoy",
    { direction: "INBOUND", cluster: "backend", node: bare, virtualHost: "shop" },
    many,
    "shop",
    "server",
  ],
  [
    "a plain Envoy whose virtual host has no name",
    { direction: "INBOUND", cluster: "backend", node: bare, virtualHost: "*" },
    many,
    "ingress",
    "server",
  ],
  [
    "a plain Envoy that has no virtual host for them",
    { direction: "INBOUND", cluster: "backend", node: bare, domains: nowhere },
    many,
    "ingress",
    "server",
  ],
  [
    "a plain Envoy, with decorators of their own",
    { direction: "INBOUND", cluster: "backend", node: bare, virtualHost: "shop", connectionManager: atEdge },
    lying,
    "shop",
    "server",
  ],
  [
    "a plain Envoy that does not trust them",
    { direction: "INBOUND", cluster: "backend", node: bare, virtualHost: "shop", plugin: strict },
    lying,
    "shop",
    "server",
  ],
  [
    "an outbound listener that does not trust them",
    { direction: "OUTBOUND", cluster: "backend", node: bare, virtualHost: "shop", plugin: strict },
    lying,
    "shop",
    "client",
  ],
  [
    "an outbound listener that does not trust them and has no virtual host for them",
    { direction: "OUTBOUND", cluster: "backend", node: bare, domains: nowhere, plugin: strict },
    lying,
    "egress",
    "client",
  ],
  [
    "a gateway of Istio's that has no virtual host for them",
    {
      direction: "OUTBOUND",
      cluster: "outbound|9080||reviews.default.svc.cluster.local",
      node: router,
      domains: nowhere,
      connectionManager: { ...tracingWithoutProvider, ...atEdge },
    },
    lying,
    "egress",
    "client",
  ],
  [
    "a gateway of Istio's that has no route for them",
    { direction: "OUTBOUND", node: router, virtualHost: "blackhole:80", connectionManager: atEdge },
    lying,
    "blackhole:80",
    "client",
  ],
];

for (const [what, shape, requests, operation, kind] of strangersAt) {
  test(`requests for arbitrary hosts share one operation at ${what}`, async () => {
    const spans = await spansOf(shape, requests);
    const made = new Set(spans.map((span) => `${span.kind} ${span.operation}`));
    assert.deepEqual([...made], [`${kind} ${operation}`]);
    const statuses = new Set(spans.map(({ tags }) => tags["http.status_code"]));
    assert.ok(statuses.has("404"), "some found no route");
  });
}

test("hosts name spans at an Istio sidecar that knows no cluster", async () => {
  const hosts = ["a.example", "b.example"];
  const spans = await spansOf(
    { direction: "INBOUND", cluster: "InboundPassthroughCluster" },
    hosts.map((host) => ({ host })),
  );
  assert.deepEqual(spans.map(({ operation }) => operation).sort(), hosts);
});
