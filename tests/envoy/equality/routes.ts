// Every route and cluster of the comparison: each route does one thing that can happen to a request, and is named after
// it. upstream.ts decides by the path under /u/ what the upstreams do.
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster, type Endpoint } from "../../../runner/config/cluster.ts";

/** Where the upstreams listen: HTTP/1.1, HTTP/2, and plain TCP that echoes. */
export interface Upstreams {
  http1: Endpoint;
  http2: Endpoint;
  tcp: Endpoint;
}

/** The cluster name that Istio would give; the other clusters are plain Envoy's. */
export const istioCluster = "outbound|9080|v1|ratings.default.svc.cluster.local";

function to(cluster: string, more: Config = {}): Config {
  return { route: { cluster, timeout: "0s", ...more } };
}

/** Routes everything under `/<name>/`; the upstream sees it under /u/. */
function under(name: string, action: Config): Config {
  const route = "route" in action ? { route: { prefix_rewrite: "/u/", ...(action.route as Config) } } : {};
  return { name, match: { prefix: `/${name}/` }, ...action, ...route };
}

function retrying(more: Config = {}): Config {
  return {
    retry_policy: {
      retry_on: "5xx",
      num_retries: 2,
      retry_back_off: { base_interval: "0.005s", max_interval: "0.01s" },
      ...more,
    },
  };
}

function perRoute(filter: string, type: string, config: Config): Config {
  const typed = { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`, ...config };
  return { typed_per_filter_config: { [filter]: typed } };
}

const always = { numerator: 100, denominator: "HUNDRED" };
const fault = (config: Config): Config => perRoute("envoy.filters.http.fault", "fault.v3.HTTPFault", config);
const deny = (filter: string): Config =>
  perRoute(filter, "rbac.v3.RBACPerRoute", { rbac: { rules: { action: "ALLOW" } } });
const delay = { fixed_delay: "0.1s", percentage: always };
// The first request takes the only token for an hour.
const bucket = { max_tokens: 1, tokens_per_fill: 1, fill_interval: "3600s" };
const limit = {
  stat_prefix: "limit",
  token_bucket: bucket,
  filter_enabled: { default_value: always },
  filter_enforced: { default_value: always },
};

const routes: Config[] = [
  { name: "tunnel", match: { connect_matcher: {} }, route: { cluster: "tcp", upgrade_configs: [tunnel()] } },
  { name: "plain", match: { prefix: "/u/" }, ...to("http1") },
  under("rewritten", to("http1")),
  under("istio", to(istioCluster)),
  under("alternative", to("alternative")),
  under("grpc", to("http2", { prefix_rewrite: "/" })),
  under("redirect", { redirect: { path_redirect: "/elsewhere" } }),
  under("direct", { direct_response: { status: 418, body: { inline_string: "short and stout" } } }),
  under("direct-204", { direct_response: { status: 204 } }),
  under("direct-500", { direct_response: { status: 500 } }),
  under("nowhere", to("no-such-cluster")),
  under("named", { route: { cluster_header: "x-cluster" } }),
  under("empty", to("empty")),
  under("refused", to("refused")),
  under("full", to("full")),
  under("dropping", to("dropping")),
  under("timeout", to("http1", { timeout: "0.6s" })),
  under("max-duration", to("http1", { max_stream_duration: { max_stream_duration: "0.6s" } })),
  under("idle", to("http1", { idle_timeout: "0.6s" })),
  under("retry", to("http1", retrying())),
  under("retry-refused", to("refused", retrying())),
  under("retry-refused-full", to("no retries", retrying())),
  under("retry-grpc", to("http2", { ...retrying(), prefix_rewrite: "/" })),
  under("per-try", to("http1", retrying({ per_try_timeout: "0.1s", num_retries: 4 }))),
  under("followed", to("http1", { internal_redirect_policy: { max_internal_redirects: 1 } })),
  under("changed", {
    ...to("http1", { host_rewrite_literal: "rewritten.test" }),
    request_headers_to_add: [
      { header: { key: "user-agent", value: "changed" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
    ],
    request_headers_to_remove: ["x-request-id"],
  }),
  under("denied", { ...to("http1"), ...deny("early-rbac") }),
  under("denied-late", { ...to("http1"), ...deny("late-rbac") }),
  under("abort", { ...to("http1"), ...fault({ abort: { http_status: 555, percentage: always } }) }),
  under("abort-grpc", { ...to("http2"), ...fault({ abort: { grpc_status: 14, percentage: always } }) }),
  under("delay", { ...to("http1"), ...fault({ delay }) }),
  under("long-delay", { ...to("http1"), ...fault({ delay: { ...delay, fixed_delay: "5s" } }) }),
  under("delay-retry", { ...to("refused", retrying()), ...fault({ delay }) }),
  under("limited", { ...to("http1"), ...perRoute("limit", "local_ratelimit.v3.LocalRateLimit", limit) }),
  under("asking", {
    ...to("http1"),
    typed_per_filter_config: {
      "ext-authz": { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", config: {} },
    },
  }),
  under("delay-refused", { ...to("refused"), ...fault({ delay }) }),
];

function tunnel(): Config {
  return { upgrade_type: "CONNECT", connect_config: {} };
}

export const virtualHosts: Config[] = [
  { name: "closed", domains: ["nowhere.test"], routes: [] },
  { name: "equality", domains: ["*"], routes, include_request_attempt_count: true },
];

/** A cluster that drops all requests. */
function dropping(endpoint: Endpoint): Config {
  const { load_assignment, ...more } = cluster("dropping", [endpoint]);
  const policy = { drop_overloads: [{ category: "all", drop_percentage: always }] };
  return { ...more, load_assignment: { ...(load_assignment as Config), policy } };
}

/** Nothing listens on port 1 (tcpmux). */
const nobody = { host: "127.0.0.1", port: 1 };

export function clusters({ http1, http2, tcp }: Upstreams): Config[] {
  const none = { max_connections: 0, max_pending_requests: 0, max_requests: 0 };
  // Several cases at once retry more often than Envoy's default of three.
  const many = { circuit_breakers: { thresholds: [{ max_retries: 100 }] } };
  return [
    { ...cluster("http1", [http1]), ...many },
    cluster(istioCluster, [http1]),
    { ...cluster("alternative", [http1]), alt_stat_name: "another name" },
    { ...cluster("http2", [http2], { http2: true }), ...many },
    cluster("tcp", [tcp]),
    cluster("empty", []),
    { ...cluster("refused", [nobody]), ...many },
    { ...cluster("full", [http1]), circuit_breakers: { thresholds: [none] } },
    { ...cluster("no retries", [nobody]), circuit_breakers: { thresholds: [{ max_retries: 0 }] } },
    dropping(http1),
  ];
}
