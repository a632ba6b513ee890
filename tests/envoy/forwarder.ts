// An Envoy as most tests need it: a sidecar with a test's listeners, which forward to one upstream, and a collector to
// report to. Knows how these are put together; refuses to know which filters are in the listeners.
import { bootstrap, type Config } from "../../runner/config/bootstrap.ts";
import { cluster } from "../../runner/config/cluster.ts";
import { httpListener, type HttpListener } from "../../runner/config/listener.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";
import { istioNode } from "../../runner/config/node.ts";
import { startEnvoy, type EnvoyProcess } from "../../runner/process.ts";
import { workload } from "../../demo/topology.ts";
import { envoyBinary } from "./ground.ts";

/** A route action that leads to the upstream, without a timeout. */
export const toUpstream: Config = { cluster: "upstream", timeout: "0s" };

/** Routes every request to the upstream. */
export const everything: Config = { match: { prefix: "/" }, route: toUpstream };

export interface Listener extends Pick<HttpListener, "http3" | "connectionManager"> {
  name: string;
  filters: Config[];
  /** Default: INBOUND. */
  direction?: HttpListener["direction"];
  /** Default: every request goes to the upstream. */
  routes?: Config[];
  /** More fields of the virtual host, under Envoy's names. */
  virtualHost?: Config;
}

/** A listener on a free loopback port, with one virtual host for all names. */
export function listenerOf({ direction = "INBOUND", routes = [everything], virtualHost, ...more }: Listener): Config {
  return httpListener({
    ...more,
    address: "127.0.0.1",
    port: 0,
    direction,
    routeName: "all",
    virtualHosts: [{ name: "all", domains: ["*"], routes, ...virtualHost }],
  });
}

export interface Forwarder {
  name: string;
  listeners: Config[];
  /** Loopback ports. Without an upstream, the routes must lead elsewhere. */
  upstream?: number;
  collector: number;
  /** More clusters. */
  clusters?: Config[];
  /** Another Envoy than the one of the other tests. */
  binary?: string;
  /** Workers; default 1. */
  concurrency?: number;
}

export async function startForwarder(options: Forwarder): Promise<EnvoyProcess> {
  const { name, listeners, upstream, collector, clusters = [], binary, concurrency } = options;
  const at = (name: string, port: number): Config => cluster(name, [{ host: "127.0.0.1", port }]);
  const all = [
    ...(upstream === undefined ? [] : [at("upstream", upstream)]),
    at(collectorCluster, collector),
    ...clusters,
  ];
  const config = bootstrap(istioNode("sidecar", workload("reviews-v1")), listeners, all);
  return startEnvoy({ binary: binary ?? (await envoyBinary), name, config, concurrency });
}

/** `filter`, skipped by requests with this value of this header. */
export function skippedBy(header_name: string, value: string, filter: Config): Config {
  const skip = "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter";
  const input = "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput";
  return {
    name: "skippable",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher",
      extension_config: filter,
      xds_matcher: {
        matcher_tree: {
          input: { name: "header", typed_config: { "@type": input, header_name } },
          exact_match_map: { map: { [value]: { action: { name: "skip", typed_config: { "@type": skip } } } } },
        },
      },
    },
  };
}
