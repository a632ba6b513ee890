// The two kinds of Envoy in a mesh: a sidecar beside each application, and a gateway in front of them all. Knows how Istio puts the
// parts together; every number, address and name comes from the caller.
import { bootstrap, type Config } from "./bootstrap.ts";
import { cluster, inboundCluster, outboundCluster, type Endpoint } from "./cluster.ts";
import { lightspanFilter, type Lightspan } from "./filter.ts";
import { httpListener, type HttpListener, type KeyPair } from "./listener.ts";
import { istioNode, type Workload } from "./node.ts";
import { inboundVirtualHost, outboundVirtualHost, route } from "./route.ts";
import { operationOf, outboundName, type Service } from "./service.ts";

/** Names of the listeners, for EnvoyProcess.listenerPort. */
export const inboundListener = "virtualInbound";
export const outboundListener = "0.0.0.0_9080";
export const gatewayListener = "0.0.0.0_8080";

/** The cluster that Lightspan reports to. */
export const collectorCluster = "lightspan-collector";

/** Where a service's instances are. */
export interface Upstream {
  service: Service;
  endpoints: Endpoint[];
}

/** Options of all Envoys. */
interface Common {
  workload: Workload;
  /** The filter under test; null for an Envoy without it. */
  lightspan: Lightspan | null;
  /** Where `lightspan-collector` points. */
  collector?: Endpoint & { http2?: boolean };
  /** Where the listeners bind; loopback if left out. */
  address?: string;
  /** The address that calls to other pods come from. */
  source?: string;
  /** More HTTP filters, after Lightspan. */
  filters?: Config[];
  /** More clusters. */
  clusters?: Config[];
  /** More fields of every connection manager, in Envoy's own names. */
  connectionManager?: Config;
}

export interface Sidecar extends Common {
  /** The application beside it; gives the sidecar an inbound listener. */
  inbound?: { service: Service; app: Endpoint; port?: number; http3?: KeyPair };
  /** What the application calls; gives the sidecar an outbound listener. */
  outbound?: { upstreams: Upstream[]; port?: number };
}

export interface Gateway extends Common {
  port?: number;
  /** Paths, as route matches, that lead to a service. */
  routes: { match: Config; upstream: Upstream }[];
}

/** The bootstrap of a sidecar, with an inbound listener, an outbound listener or both. */
export function sidecar(options: Sidecar): Config {
  const { inbound, outbound, source } = options;
  const listeners: Config[] = [];
  const clusters: Config[] = [];
  if (inbound !== undefined) {
    clusters.push(inboundCluster(inbound.service, inbound.app));
    listeners.push(
      listen(options, {
        name: inboundListener,
        port: inbound.port ?? 0,
        direction: "INBOUND",
        routeName: `inbound|${inbound.service.port}||`,
        virtualHosts: [inboundVirtualHost(inbound.service)],
        http3: inbound.http3,
      }),
    );
  }
  if (outbound !== undefined) {
    const { upstreams } = outbound;
    clusters.push(...upstreams.map(({ service, endpoints }) => outboundCluster(service, endpoints, source)));
    listeners.push(
      listen(options, {
        name: outboundListener,
        port: outbound.port ?? 0,
        direction: "OUTBOUND",
        routeName: "9080",
        virtualHosts: upstreams.map(({ service }) => outboundVirtualHost(service)),
      }),
    );
  }
  return bootstrap(istioNode("sidecar", options.workload), listeners, [...clusters, ...commonClusters(options)]);
}

/** The bootstrap of an ingress gateway. Its listener is OUTBOUND, as Istio's is. */
export function gateway(options: Gateway): Config {
  const { routes, source } = options;
  const upstreams = new Map(routes.map(({ upstream }) => [outboundName(upstream.service), upstream]));
  const clusters = [...upstreams.values()].map(({ service, endpoints }) => outboundCluster(service, endpoints, source));
  const virtualHost = {
    name: "*:8080",
    domains: ["*"],
    routes: routes.map(({ match, upstream: { service } }) =>
      route(match, outboundName(service), operationOf(service, pathOf(match))),
    ),
  };
  const listener = listen(options, {
    name: gatewayListener,
    port: options.port ?? 0,
    direction: "OUTBOUND",
    routeName: "http.8080",
    virtualHosts: [virtualHost],
    connectionManager: { use_remote_address: true },
  });
  return bootstrap(istioNode("router", options.workload), [listener], [...clusters, ...commonClusters(options)]);
}

function listen(common: Common, listener: Omit<HttpListener, "address" | "filters">): Config {
  const { lightspan, filters = [], address = "127.0.0.1" } = common;
  return httpListener({
    ...listener,
    address,
    // Lightspan is first. So later filters see the trace, and the route is still the one for the original request.
    filters: lightspan === null ? filters : [lightspanFilter(lightspan), ...filters],
    connectionManager: { ...listener.connectionManager, ...common.connectionManager },
  });
}

function commonClusters({ collector, clusters = [] }: Common): Config[] {
  if (collector === undefined) return clusters;
  return [...clusters, cluster(collectorCluster, [collector], { http2: collector.http2 })];
}

/** The path part of Istio's operation name for a route. */
function pathOf(match: Config): string {
  if (typeof match.path === "string") return match.path;
  return typeof match.prefix === "string" ? `${match.prefix}*` : "/*";
}
