// Envoys for the tests of propagation: a listener of each direction for each configuration, all of them before one
// upstream, and a collector. Knows what a hop is; refuses to know what is expected of it.
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { headerFilters, lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener, type HttpListener, type KeyPair } from "../../../runner/config/listener.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { istioNode } from "../../../runner/config/node.ts";
import { workload } from "../../../demo/topology.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { account, envoyBinary, eventually, wasm } from "../ground.ts";

export const directions = ["INBOUND", "OUTBOUND"] as const;
export type Direction = (typeof directions)[number];

export interface Hop {
  name: string;
  direction: Direction;
  /** Lightspan's, without its collector. */
  settings: Config;
  /** Variables of its VM. */
  environment?: Record<string, string>;
  /** What its VM may use; all if left out. */
  allowed?: string[];
  /** Makes it a listener of HTTP/3. */
  http3?: KeyPair;
}

export interface Hops {
  name: string;
  hops: Hop[];
  /** Where they forward to, and report to, on loopback. */
  upstream: number;
  collector: number;
  /** More fields of every connection manager. */
  connectionManager?: Config;
  /** Another Envoy than the one of all tests. */
  binary?: string;
  /** Workers of each Envoy; 1 if left out. */
  concurrency?: number;
}

/** Requests from this machine count as internal, as those from an application beside its sidecar should. */
export const internal: Config = {
  use_remote_address: true,
  internal_address_config: { cidr_ranges: [{ address_prefix: "127.0.0.1", prefix_len: 32 }] },
};

/** A configuration that reports soon: to the collector of all these Envoys. */
export function reporting(settings: Config): Config {
  return { collector: { cluster: collectorCluster }, buffer: { flush_interval_ms: 10 }, ...settings };
}

/** Lightspan, and the filters that write what it has set as filter states, if it is told to. */
function filtersOf({ settings, environment, allowed }: Hop): Config[] {
  const { via } = (settings.propagation ?? {}) as { via?: string };
  const lightspan = lightspanFilter({ wasm, config: reporting(settings), environment, allowed });
  return [lightspan, ...(via === "filter_state" ? headerFilters() : [])];
}

function listenerOf(hop: Hop, connectionManager: Config): HttpListener {
  const { name, direction, http3 } = hop;
  return {
    name,
    address: "127.0.0.1",
    port: 0,
    direction,
    routeName: "all",
    virtualHosts: [
      { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "upstream" } }] },
    ],
    filters: filtersOf(hop),
    connectionManager,
    http3,
  };
}

export async function startHops({
  name,
  hops,
  upstream,
  collector,
  connectionManager,
  binary,
  concurrency,
}: Hops): Promise<EnvoyProcess> {
  // Sockets that may share a port are given the same one at times. Envoy insists on such for HTTP/3 with several workers.
  const alone = (concurrency ?? 1) === 1 ? { enable_reuse_port: false } : {};
  const listeners = hops.map((hop) => ({ ...httpListener(listenerOf(hop, connectionManager ?? {})), ...alone }));
  const clusters = [
    cluster("upstream", [{ host: "127.0.0.1", port: upstream }]),
    cluster(collectorCluster, [{ host: "127.0.0.1", port: collector }]),
  ];
  const config = bootstrap(istioNode("sidecar", workload("reviews-v1")), listeners, clusters);
  return startEnvoy({ binary: binary ?? (await envoyBinary), name, config, concurrency });
}

/** The counters of all `envoys`, once `requests` or more have been counted and all their spans sent. */
export async function settled(envoys: EnvoyProcess[], requests: number): Promise<Record<string, number>> {
  return eventually(`the account of ${requests} requests`, async () => {
    const counts = await account(envoys);
    const { spans_recorded = 0, spans_unsampled = 0, spans_sent = 0 } = counts;
    return spans_recorded + spans_unsampled >= requests && spans_recorded === spans_sent ? counts : undefined;
  });
}
