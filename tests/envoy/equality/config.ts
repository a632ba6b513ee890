// The two configurations that are compared. They differ in one place: one has Envoy's Zipkin tracer in every connection
// manager, the other has Lightspan among its filters. Routes and clusters come from routes.ts.
import { istioNode } from "../../../runner/config/node.ts";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster, type Endpoint } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener, type HttpListener } from "../../../runner/config/listener.ts";
import { workload } from "../../../demo/topology.ts";
import { wasm } from "../ground.ts";
import { http3KeyPair } from "../http3/http3.ts";
import { clusters, virtualHosts, type Upstreams } from "./routes.ts";

/** The node of both Envoys, as its spans name it. */
export const service = "reviews.default";

/** Listeners, named by what is special about them; each has every route. */
export const listeners = [
  "plain",
  "outbound",
  "edge",
  "second hop",
  "proxied",
  "detecting",
  "strict",
  "hurried",
  "ipv6",
  "http3",
] as const;
export type ListenerName = (typeof listeners)[number];

/** `listener` holds fields of the listener itself, under Envoy's names. */
const special: Record<ListenerName, Partial<HttpListener> & { listener?: Config }> = {
  plain: {},
  outbound: { direction: "OUTBOUND" },
  edge: { direction: "UNSPECIFIED", connectionManager: { use_remote_address: true } },
  "second hop": { connectionManager: { use_remote_address: true, xff_num_trusted_hops: 1 } },
  proxied: { listener: { listener_filters: [proxyProtocol()] } },
  detecting: { connectionManager: { original_ip_detection_extensions: [realIp()] } },
  strict: { connectionManager: strict() },
  hurried: { connectionManager: hurried() },
  ipv6: { address: "::1" },
  http3: { http3: http3KeyPair },
};

function proxyProtocol(): Config {
  const type = "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
  return { name: "proxy-protocol", typed_config: { "@type": type } };
}

/** Takes the client's address from a header, and rejects requests without it. */
function realIp(): Config {
  const type = "type.googleapis.com/envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig";
  const typed_config = { "@type": type, header_name: "x-real-ip", reject_with_status: { code: "Forbidden" } };
  return { name: "real-ip", typed_config };
}

/** Ends everything that takes too long. */
function hurried(): Config {
  return {
    common_http_protocol_options: { max_stream_duration: "1s" },
    request_timeout: "0.6s",
    request_headers_timeout: "0.2s",
  };
}

/** Rejects or corrects everything that a connection manager can. */
function strict(): Config {
  return {
    http_protocol_options: {},
    common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" },
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
    strip_any_host_port: true,
  };
}

/** How a listener's requests are traced: by fields of the connection manager, or by a filter. */
interface Tracer {
  connectionManager: Config;
  filters: Config[];
  cluster: Config;
}

const collector = "collector";

/** Envoy's own tracer, as Istio configures it. */
export function zipkin(endpoint: Endpoint): Tracer {
  const provider = {
    name: "envoy.tracers.zipkin",
    typed_config: {
      "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
      collector_cluster: collector,
      collector_endpoint: "/api/v2/spans",
      collector_endpoint_version: "HTTP_JSON",
      shared_span_context: false,
      trace_id_128bit: true,
    },
  };
  return { connectionManager: { tracing: { provider } }, filters: [], cluster: cluster(collector, [endpoint]) };
}

/** The filter under test. */
export function lightspan(endpoint: Endpoint): Tracer {
  const config = { collector: { cluster: collector }, buffer: { flush_spans: 1, flush_interval_ms: 50 } };
  return {
    connectionManager: {},
    filters: [lightspanFilter({ wasm, config })],
    cluster: cluster(collector, [endpoint]),
  };
}

/** The whole configuration of one Envoy; `names` are the listeners that this machine has addresses for. */
export function configuration(tracer: Tracer, upstreams: Upstreams, names: readonly ListenerName[]): Config {
  const all = names.map((name) => {
    const { connectionManager, listener: fields, ...more } = special[name];
    const listener = httpListener({
      name,
      address: "127.0.0.1",
      port: 0,
      direction: "INBOUND",
      routeName: "equality",
      virtualHosts: [],
      filters: [...before, ...tracer.filters, ...behind],
      ...more,
      connectionManager: { ...common, ...tracer.connectionManager, ...connectionManager },
    });
    // UDP has no connections to balance.
    if (more.http3) return listener;
    // Each worker gets every other connection.
    return { ...listener, ...fields, connection_balance_config: { exact_balance: {} } };
  });
  // By default, Envoy's tracer reports after five spans or five seconds.
  const runtime = { "tracing.zipkin.min_flush_spans": 1 };
  return bootstrap(istioNode("sidecar", workload("reviews-v1")), all, [...clusters(upstreams), tracer.cluster], {
    layered_runtime: { layers: [{ name: "equality", static_layer: runtime }] },
  });
}

const common: Config = {
  // One route leads to a cluster that does not exist.
  route_config: { name: "equality", virtual_hosts: virtualHosts, validate_clusters: false },
  http_protocol_options: { accept_http_10: true, default_host_for_http_10: "default.test", enable_trailers: true },
  http2_protocol_options: { allow_connect: true },
  // How long Envoy waits for the client to close first, when Envoy closes a connection.
  delayed_close_timeout: "0.02s",
  upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "CONNECT" }],
};

function filter(name: string, type: string, config: Config = {}): Config {
  return { name, typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`, ...config } };
}

function healthCheck(name: string, path: string, passThrough: boolean): Config {
  return filter(name, "health_check.v3.HealthCheck", {
    pass_through_mode: passThrough,
    headers: [{ name: ":path", string_match: { exact: path } }],
  });
}

// RBAC and fault do nothing except on routes that configure them.
const before = [
  filter("early-rbac", "rbac.v3.RBAC"),
  healthCheck("health-check", "/healthz", false),
  healthCheck("health-check-passing-through", "/u/healthz", true),
];
const behind = [
  filter("envoy.filters.http.fault", "fault.v3.HTTPFault"),
  filter("late-rbac", "rbac.v3.RBAC"),
  filter("limit", "local_ratelimit.v3.LocalRateLimit", { stat_prefix: "limit" }),
  {
    ...filter("ext-authz", "ext_authz.v3.ExtAuthz", {
      http_service: { server_uri: { uri: "http://nobody.test", cluster: "refused", timeout: "60s" } },
    }),
    disabled: true,
  },
];
