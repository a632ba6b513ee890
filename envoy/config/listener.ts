// An HTTP listener. Knows the connection manager and the order of its filters; refuses to know who listens or why.
import { socketAddress, type Config } from "./bootstrap.ts";
import { routerFilter } from "./filter.ts";

export interface HttpListener {
  name: string;
  address: string;
  /** 0 lets the system choose; EnvoyProcess.listenerPort tells which one it was. */
  port: number;
  direction: "INBOUND" | "OUTBOUND" | "UNSPECIFIED";
  routeName: string;
  virtualHosts: Config[];
  /** All but the router, in order. */
  filters: Config[];
  /** More fields of the connection manager, in Envoy's own names. */
  connectionManager?: Config;
}

/** A listener with one HTTP connection manager. No `tracing` in it: Lightspan does without. */
export function httpListener(listener: HttpListener): Config {
  const { name, address, port, direction, routeName, virtualHosts, filters } = listener;
  const side = direction === "INBOUND" ? "inbound" : "outbound";
  const connectionManager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: `${side}_${name}`,
    server_name: "istio-envoy",
    upgrade_configs: [{ upgrade_type: "websocket" }],
    route_config: { name: routeName, virtual_hosts: virtualHosts },
    http_filters: [...filters, routerFilter()],
    ...listener.connectionManager,
  };
  return {
    name,
    address: socketAddress(address, port),
    traffic_direction: direction,
    // A second Envoy on the same port has to fail, not to share the port's connections.
    enable_reuse_port: false,
    filter_chains: [
      { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: connectionManager }] },
    ],
  };
}
