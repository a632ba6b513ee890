// The configuration of the Envoy full of probes. Listeners are named after what is special about them, routes after
// what happens to a request. Each listener is on TCP, for HTTP/1 and HTTP/2; some are also on UDP, for HTTP/3.
import { readFileSync } from "node:fs";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import type { Upstreams } from "../../envoy/equality/routes.ts";
import { skippedBy } from "../../envoy/forwarder.ts";
import { http3KeyPair } from "../../envoy/http3/http3.ts";
import { probeFilter, type CompiledProbe, type Probe } from "../probe/compile.ts";

export const sentinelPath = "/sentinel";
export const http3Name = (name: string): string => `${name} over HTTP/3`;

const callbacks = ["create", "rh", "sh", "log", "done", "delete"];

/** Logs each callback, and the path, which identifies the sentinel. */
const plain = [...callbacks, "rh header 0 :path"];

/** The attributes of spans, as listed in assembly/filter/attributes.ts: `a.b,c.d#,`. A mark means "may be absent". */
const list = readFileSync(new URL("../../../assembly/filter/attributes.ts", import.meta.url), "utf8")
  .match(/"(request\.[\w.#$,]+),"/)?.[1]
  ?.split(",");
if (list === undefined) throw new Error("assembly/filter/attributes.ts has no list of attributes");

const named = list.map((each) => each.replace(/[#$]$/, ""));
const optional = list.map((each, place) => {
  const [name, none] = [named[place], each.endsWith("#") ? "0" : "''"];
  return each === name ? name : `has(${name})?${name}:${none}`;
});
/** All attributes that Lightspan asks for, and one that it takes only from the headers. gRPC's status comes from ending.ts. */
export const attributes = [
  ...named,
  ...["response.backend_latency", "response.code_details", "response.grpc_status", "upstream.address", "request.path"],
];
export const lists = { "the list": `[${named.join(",")}]`, "the list with has()": `[${optional.join(",")}]` };
export const maps = { "request headers": 0, "response headers": 2, "response trailers": 3 };
export const readingCallbacks = ["rh", "log", "done"];

const questions = [
  ...Object.values(maps).map((map) => `map ${map}`),
  ...attributes.map((attribute) => `get ${attribute}`),
  ...Object.values(lists).map((list) => `cel ${list}`),
];
const reading = [
  ...plain,
  ...readingCallbacks.flatMap((callback) => [
    `${callback} state probe_${callback} set`,
    ...questions.map((question) => `${callback} ${question}`),
  ]),
];

/** Actions that may clear the route cache, by the mood that triggers them. */
export const routeActions: Record<string, string> = {
  nothing: "time",
  "replace-new": "replace 0 x-new a",
  "replace-same": "replace 0 x-here here",
  remove: "remove 0 x-here",
  "remove-absent": "remove 0 x-absent",
  "header-read": "header 0 x-here",
  "property-read": "get xds.route_name",
  "filter-state": "state probe_routing v",
};
const routing = [...plain, ...Object.entries(routeActions).map(([mood, action]) => `rh?${mood} ${action}`)];

/** Where Lightspan may report within a stream. */
export const callCallbacks = ["log", "done"];
export const calls = { proxy_http_call: "call http1 /u/ok", "to no cluster": "call no-such-cluster /" };
const calling = [
  ...plain,
  ...callCallbacks.flatMap((callback) => Object.values(calls).map((call) => `${callback} ${call}`)),
];

/** Traps in the callback that the mood names. */
const trapping = [
  ...plain,
  "configure gauge kept",
  ...["rh", "log"].map((callback) => `${callback}?${callback} trap`),
  "rh?add increment kept 3",
  "rh metric kept",
  "rh?share shared-set key value",
  "rh shared-get key",
  "configure shared-get key",
];
export const policies = ["FAIL_RELOAD", "FAIL_OPEN", "fail_open", "FAIL_CLOSED"] as const;

/** What is denied, and the question that shows the effect. */
export const denials: Record<string, string> = {
  proxy_set_tick_period_milliseconds: "rh tick 0",
  proxy_get_header_map_pairs: "rh map 0",
  proxy_get_property: "rh get request.path",
  random_get: "rh random",
  proxy_on_log: "rh time",
  proxy_on_request_headers: "log header 0 :path",
};

function filter(name: string, type: string, config: Config = {}): Config {
  return { name, typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`, ...config } };
}

const earlyRbac = filter("early-rbac", "rbac.v3.RBAC");
const lateRbac = filter("late-rbac", "rbac.v3.RBAC");

/** Sets the header that one route requires, after the route was chosen. */
const admit = filter("admit", "header_mutation.v3.HeaderMutation", {
  mutations: {
    request_mutations: ["x-role", "x-here"].map((key) => ({
      append: {
        header: { key, value: key === "x-role" ? "admin" : "here" },
        append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
      },
    })),
  },
});

const states = readingCallbacks.map((each) => `${each}=%FILTER_STATE(wasm.probe_${each}:PLAIN)%`).join(" ");
const accessLog = (text: string): Config => ({
  name: "stdout",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
    log_format: { text_format_source: { inline_string: `${text}\n` } },
  },
});
interface Listener {
  filters: Config[];
  connectionManager?: Config;
}

function special({ path: wasm, capabilities }: CompiledProbe): Record<string, Listener> {
  const one = (script: string[], more: Partial<Probe> & { name: string }): Config =>
    probeFilter(wasm, { vm: "probe", script, ...more });
  const failing = policies.flatMap((policy): [string, Listener][] => {
    // Far longer than any test.
    const more = { vm: policy, policy, ...(policy === "FAIL_RELOAD" ? { backoff: "36000s" } : {}) };
    return [
      [policy, { filters: [one(trapping, { name: policy, ...more })] }],
      [`neighbour of ${policy}`, { filters: [one(plain, { name: `neighbour-of-${policy}`, ...more })] }],
    ];
  });
  const denied = Object.entries(denials).map(([name, question]): [string, Listener] => {
    const allowed = capabilities.filter((each) => each !== name);
    return [
      `without ${name}`,
      { filters: [one([...plain, question], { name: `without-${name}`, vm: name, allowed })] },
    ];
  });
  return {
    plain: { filters: [earlyRbac, one(plain, { name: "plain" }), lateRbac] },
    matching: { filters: [skippedBy("x-skip", "yes", one(plain, { name: "matching" }))] },
    flushing: {
      filters: [one(plain, { name: "flushing" })],
      connectionManager: {
        access_log: [accessLog("FLUSH %REQ(:PATH)%")],
        access_log_options: { access_log_flush_interval: "0.02s", flush_access_log_on_new_request: true },
      },
    },
    reading: {
      filters: [earlyRbac, skippedBy("x-skip", "yes", one(reading, { name: "reading" }))],
      connectionManager: { access_log: [accessLog(`ACCESS %REQ(:PATH)% ${states}`)] },
    },
    routing: { filters: [admit, one(routing, { name: "routing" })] },
    calling: { filters: [one(calling, { name: "calling" })] },
    recovering: { filters: [one(trapping, { name: "recovering", backoff: "0.1s", vm: "recovering" })] },
    ...Object.fromEntries(failing),
    ...Object.fromEntries(denied),
  };
}

const overHttp3 = new Set(["plain", "matching", "flushing", "reading", "calling"]);

export function listenersOf(probe: CompiledProbe): Config[] {
  return Object.entries(special(probe)).flatMap(([name, { filters, connectionManager }]) => {
    const listener = {
      name,
      address: "127.0.0.1",
      port: 0,
      direction: "INBOUND" as const,
      routeName: "probe",
      virtualHosts: [],
      filters,
      connectionManager: { ...common, ...connectionManager },
    };
    if (!overHttp3.has(name)) return [httpListener(listener)];
    const http3 = httpListener({ ...listener, name: http3Name(name), http3: http3KeyPair });
    // Two UDP sockets that may share a port sometimes get the same one, and then each receives requests for the other.
    // One worker needs no sharing.
    return [httpListener(listener), { ...http3, enable_reuse_port: false }];
  });
}

function to(cluster: string, more: Config = {}): Config {
  return { route: { cluster, timeout: "10s", ...more } };
}

/** A route for everything under `/<name>/`, which the upstream sees under /u/. */
function under(name: string, action: Config): Config {
  const route = "route" in action ? { route: { prefix_rewrite: "/u/", ...(action.route as Config) } } : {};
  return { name, match: { prefix: `/${name}/` }, ...action, ...route };
}

const deny = (name: string): Config => ({
  typed_per_filter_config: {
    [name]: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
      rbac: { rules: { action: "ALLOW" } },
    },
  },
});
const withoutProbe: Config = {
  typed_per_filter_config: {
    probe: { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", disabled: true },
  },
};
const tunnel = { upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }] };

const routes: Config[] = [
  { name: "tunnel", match: { connect_matcher: {} }, route: { cluster: "tcp", ...tunnel } },
  { match: { path: sentinelPath }, direct_response: { status: 204 } },
  {
    match: { prefix: "/role/", headers: [{ name: "x-role", string_match: { exact: "admin" } }] },
    direct_response: { status: 210 },
  },
  { match: { prefix: "/role/" }, direct_response: { status: 211 } },
  { name: "plain", match: { prefix: "/u/" }, ...to("http1") },
  under("grpc", to("http2", { prefix_rewrite: "/" })),
  under("direct", { direct_response: { status: 418, body: { inline_string: "short and stout" } } }),
  under("nowhere", to("no-such-cluster")),
  under("refused", to("refused")),
  under("timeout", to("http1", { timeout: "0.1s" })),
  under("mirrored", to("http1", { request_mirror_policies: [{ cluster: "http1" }] })),
  under("followed", to("http1", { internal_redirect_policy: { allow_cross_scheme_redirect: true } })),
  under("denied", { ...to("http1"), ...deny("early-rbac") }),
  under("denied-late", { ...to("http1"), ...deny("late-rbac") }),
  under("disabled", { ...to("http1"), ...withoutProbe }),
  under("upstream-filter", { ...to("filtered"), ...withoutProbe }),
];

const common: Config = {
  route_config: { name: "probe", virtual_hosts: [{ name: "probe", domains: ["*"], routes }], validate_clusters: false },
  http2_protocol_options: { allow_connect: true },
  delayed_close_timeout: "0.02s",
  upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "CONNECT" }],
};

/** Nothing listens there: port 1 is for tcpmux, which nobody runs. */
const nobody = { host: "127.0.0.1", port: 1 };

export function clustersOf({ path: wasm }: CompiledProbe, { http1, http2, tcp }: Upstreams): Config[] {
  const codec = "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";
  const options = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http_protocol_options: {} },
    http_filters: [
      // Its name differs from the one that the route disables.
      { ...probeFilter(wasm, { name: "upstream", vm: "probe", script: plain }), name: "upstream-probe" },
      { name: "codec", typed_config: { "@type": codec } },
    ],
  };
  return [
    cluster("http1", [http1]),
    cluster("http2", [http2], { http2: true }),
    cluster("tcp", [tcp]),
    cluster("refused", [nobody]),
    {
      ...cluster("filtered", [http1]),
      typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options },
    },
  ];
}
