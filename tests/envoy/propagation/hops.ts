// Envoys for propagation tests: a listener for each direction and configuration, all in front of one upstream. Knows
// what a hop is; refuses to know what is expected of it.
import type { Config } from "../../../runner/config/bootstrap.ts";
import { headerFilters, lightspanFilter } from "../../../runner/config/filter.ts";
import type { KeyPair } from "../../../runner/config/listener.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { listenerOf, startForwarder, type Forwarder } from "../forwarder.ts";
import { account, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

export const directions = ["INBOUND", "OUTBOUND"] as const;
export type Direction = (typeof directions)[number];

export interface Hop {
  name: string;
  direction: Direction;
  /** Lightspan's, without its collector. */
  settings: Config;
  /** Environment variables of its VM. */
  environment?: Record<string, string>;
  /** What its VM may use; everything by default. */
  allowed?: string[];
  /** Makes it an HTTP/3 listener. */
  http3?: KeyPair;
}

export interface Hops extends Omit<Forwarder, "listeners"> {
  hops: Hop[];
  /** More fields of every connection manager. */
  connectionManager?: Config;
}

/** Makes requests from this machine internal, like those from an application to its sidecar. */
export const internal: Config = {
  use_remote_address: true,
  internal_address_config: { cidr_ranges: [{ address_prefix: "127.0.0.1", prefix_len: 32 }] },
};

/** A configuration that reports soon, to the collector of all these Envoys. */
export function reporting(settings: Config): Config {
  return { collector: { cluster: collectorCluster }, buffer: { flush_interval_ms: 10 }, ...settings };
}

/** Lightspan, followed by the filters that write its headers if they go via filter state. */
function filtersOf({ settings, environment, allowed }: Hop): Config[] {
  const { via } = (settings.propagation ?? {}) as { via?: string };
  const lightspan = lightspanFilter({ wasm, config: reporting(settings), environment, allowed });
  return [lightspan, ...(via === "filter_state" ? headerFilters() : [])];
}

export async function startHops({ hops, connectionManager, ...more }: Hops): Promise<EnvoyProcess> {
  const listeners = hops.map((hop) => {
    const { name, direction, http3 } = hop;
    return listenerOf({ name, direction, http3, filters: filtersOf(hop), connectionManager });
  });
  return startForwarder({ ...more, listeners });
}

/** The counters of all `envoys`, once `requests` or more have been counted and all their spans sent. */
export async function settled(envoys: EnvoyProcess[], requests: number): Promise<Record<string, number>> {
  const read = (): Promise<Record<string, number>> => account(envoys);
  return eventually(`the account of ${requests} requests`, read, (counts) => {
    const { spans_recorded = 0, spans_unsampled = 0, spans_sent = 0 } = counts;
    return spans_recorded + spans_unsampled >= requests && spans_recorded === spans_sent;
  });
}
