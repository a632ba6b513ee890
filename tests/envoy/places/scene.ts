// One Envoy with a listener for each chain, without Lightspan and with it in every place; its upstreams and its
// authorization service. Knows where a request went; refuses to know where it should go.
import { createServer, type IncomingMessage } from "node:http";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { headerFilters, lightspanFilter } from "../../../runner/config/filter.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { http3KeyPair } from "../http3/http3.ts";
import { listenerOf, startForwarder } from "../forwarder.ts";
import { listen, wasm, type Listening } from "../ground.ts";

/** `first` or `last` except for the router. `failed`: only the filters that write Lightspan's headers are there. */
export type Place = "none" | "failed" | "first" | "last";
export type Via = "headers" | "filter_state";

export interface Chain {
  name: string;
  /** All except Lightspan and the router. */
  filters: Config[];
  place: Place;
  via?: Via;
  /** It is reached over HTTP/3. */
  http3?: boolean;
  /** Lightspan's, without its collector. */
  settings?: { propagation?: Config } & Config;
}

export interface Scene {
  envoy: EnvoyProcess;
  close(): Promise<void>;
}

/** The filters of a chain in order, including Lightspan. */
export function filtersOf({ filters, place, via = "headers", settings = {} }: Chain): Config[] {
  if (place === "none") return filters;
  if (place === "failed") return [...headerFilters(), ...filters];
  const config = {
    collector: { cluster: collectorCluster },
    buffer: { flush_interval_ms: 20 },
    ...settings,
    propagation: { ...settings.propagation, via },
  };
  const own = [lightspanFilter({ wasm, config }), ...(via === "filter_state" ? headerFilters() : [])];
  return place === "first" ? [...own, ...filters] : [...filters, ...own];
}

const perRoute = (type: string, config: Config): Config => ({
  "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`,
  ...config,
});

const anybody = { permissions: [{ any: true }], principals: [{ any: true }] };

/** An admin's requests take another route, and are denied there. */
const routes: Config[] = [
  {
    match: { prefix: "/", headers: [{ name: "x-role", string_match: { exact: "admin" } }] },
    route: { cluster: "admin", timeout: "0s" },
    typed_per_filter_config: {
      "envoy.filters.http.rbac": perRoute("rbac.v3.RBACPerRoute", {
        rbac: { rules: { action: "DENY", policies: { nobody: anybody } } },
      }),
    },
  },
  {
    match: { prefix: "/limited" },
    route: { cluster: "rest", timeout: "0s" },
    typed_per_filter_config: {
      "envoy.filters.http.local_ratelimit": perRoute("local_ratelimit.v3.LocalRateLimit", {
        stat_prefix: "limit",
        token_bucket: { max_tokens: 1, fill_interval: "3600s" },
        filter_enabled: { default_value: { numerator: 100 } },
        filter_enforced: { default_value: { numerator: 100 } },
      }),
    },
  },
  { match: { prefix: "/" }, route: { cluster: "rest", timeout: "0s" } },
];

const virtualHost: Config = {
  typed_per_filter_config: {
    "envoy.filters.http.cors": perRoute("cors.v3.CorsPolicy", {
      allow_origin_string_match: [{ exact: "https://shop.example" }],
      allow_methods: "GET",
    }),
  },
};

/** The access log has the status and both ids. */
const accessLog = {
  name: "envoy.access_loggers.stdout",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
    log_format: {
      text_format_source: { inline_string: "LOGGED %REQ(x-name)% %RESPONSE_CODE% [%REQ(x-b3-traceid)%]\n" },
    },
  },
};

/** Answers with its name and the headers that it received. */
async function startCluster(name: string): Promise<Listening> {
  return listen(
    createServer(({ rawHeaders }, response) => {
      response.setHeader("x-cluster", name);
      response.end(JSON.stringify(rawHeaders));
    }),
  );
}

/** Refuses paths under /refused; otherwise lets a request through with the role it claims, and returns what it saw. */
async function startAuthorization(): Promise<Listening> {
  return listen(
    createServer(({ url = "", headers }: IncomingMessage, response) => {
      const { "x-claim": role, "x-b3-traceid": traceId = "nothing" } = headers;
      if (role !== undefined) response.setHeader("x-role", role);
      response.setHeader("x-seen", traceId);
      response.writeHead(url.startsWith("/refused") ? 403 : 200).end();
    }),
  );
}

/** Starts everything, with spans sent to `collector`; the chains' names are those of the listeners. */
export async function startScene(all: Chain[], collector: number, codec = "AUTO"): Promise<Scene> {
  const [admin, rest, authorization] = await Promise.all([
    startCluster("admin"),
    startCluster("rest"),
    startAuthorization(),
  ]);
  const listeners = all.map((chain) =>
    listenerOf({
      name: chain.name,
      filters: filtersOf(chain),
      routes,
      virtualHost,
      connectionManager: { ...(chain.http3 ? {} : { codec_type: codec }), access_log: [accessLog] },
      http3: chain.http3 ? http3KeyPair : undefined,
    }),
  );
  const clusters = [cluster("admin", [admin]), cluster("rest", [rest]), cluster("authorization", [authorization])];
  const envoy = await startForwarder({ name: "places", listeners, collector, clusters });
  return {
    envoy,
    close: async () => {
      await envoy.stop();
      await Promise.all([admin.close(), rest.close(), authorization.close()]);
    },
  };
}
