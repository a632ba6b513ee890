// An HTTP listener. Knows the connection manager and the order of its filters; refuses to know who listens or why.
import { socketAddress, type Config } from "./bootstrap.ts";
import { routerFilter } from "./filter.ts";

export interface HttpListener {
  name: string;
  address: string;
  /** If it is 0, a free one is chosen; EnvoyProcess.listenerPort returns it. */
  port: number;
  direction: "INBOUND" | "OUTBOUND" | "UNSPECIFIED";
  routeName: string;
  virtualHosts: Config[];
  /** All filters except the router, in order. */
  filters: Config[];
  /** More fields of the connection manager, in Envoy's own names. */
  connectionManager?: Config;
  /** Makes it an HTTP/3 listener, on a UDP port, with this certificate. */
  http3?: KeyPair;
}

/** Paths of two PEM files. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** A listener with one HTTP connection manager, without `tracing`: Lightspan doesn't need it. */
export function httpListener(listener: HttpListener): Config {
  const { name, address, port, direction, routeName, virtualHosts, filters, http3 } = listener;
  const side = direction === "INBOUND" ? "inbound" : "outbound";
  const connectionManager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: `${side}_${name}`,
    server_name: "istio-envoy",
    upgrade_configs: [{ upgrade_type: "websocket" }],
    route_config: { name: routeName, virtual_hosts: virtualHosts },
    http_filters: [...filters, routerFilter()],
    ...(http3 === undefined ? {} : http3Codec),
    ...listener.connectionManager,
  };
  const chain = {
    filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: connectionManager }],
  };
  if (http3 !== undefined) {
    return {
      name,
      address: socketAddress(address, port, "UDP"),
      traffic_direction: direction,
      // The port is shared: with several workers, Envoy refuses a UDP listener whose enable_reuse_port is false.
      udp_listener_config: { quic_options: {} },
      filter_chains: [{ ...chain, transport_socket: quic(http3) }],
    };
  }
  return {
    name,
    address: socketAddress(address, port),
    traffic_direction: direction,
    // A second Envoy on the same port must fail instead of sharing its connections.
    enable_reuse_port: false,
    filter_chains: [chain],
  };
}

// With it, a WebSocket comes over HTTP/3 too.
const http3Codec: Config = { codec_type: "HTTP3", http3_protocol_options: { allow_extended_connect: true } };

function quic({ certificate, key }: KeyPair): Config {
  const pair = { certificate_chain: { filename: certificate }, private_key: { filename: key } };
  return {
    name: "envoy.transport_sockets.quic",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport",
      downstream_tls_context: { common_tls_context: { tls_certificates: [pair] } },
    },
  };
}
