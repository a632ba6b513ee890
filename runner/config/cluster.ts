// Clusters: where requests go. Knows Istio's cluster metadata; refuses to know which listener uses a cluster.
import { isIP } from "node:net";
import { socketAddress, type Config } from "./bootstrap.ts";
import { hostOf, inboundName, outboundName, type Service } from "./service.ts";

export interface Endpoint {
  host: string;
  port: number;
}

export interface ClusterOptions {
  http2?: boolean;
  /** Content of `metadata.filter_metadata.istio`. */
  istio?: Config;
  /** The address that connections come from: the pod's own, as in a real mesh. */
  source?: string;
}

const http2 = {
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  },
};

/** A cluster with these endpoints, taken in turn. */
export function cluster(name: string, endpoints: Endpoint[], options: ClusterOptions = {}): Config {
  const lbEndpoints = endpoints.map(({ host, port }) => ({ endpoint: { address: socketAddress(host, port) } }));
  return {
    name,
    type: endpoints.every(({ host }) => isIP(host) !== 0) ? "STATIC" : "STRICT_DNS",
    connect_timeout: "10s",
    lb_policy: "ROUND_ROBIN",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: lbEndpoints }] },
    ...(options.http2 ? { typed_extension_protocol_options: http2 } : {}),
    ...(options.istio ? { metadata: { filter_metadata: { istio: options.istio } } } : {}),
    ...(options.source ? { upstream_bind_config: sourceAddress(options.source) } : {}),
  };
}

/** The cluster through which a sidecar or gateway reaches a service. */
export function outboundCluster(service: Service, endpoints: Endpoint[], source?: string): Config {
  const istio = { default_original_port: service.port, services: [istioService(service)] };
  return cluster(outboundName(service), endpoints, { istio, source });
}

/** The cluster through which a sidecar reaches the application beside it. */
export function inboundCluster(service: Service, app: Endpoint): Config {
  return cluster(inboundName(service), [app], { istio: { services: [istioService(service)] } });
}

// Envoy takes a bare SocketAddress here, without an Address around it.
function sourceAddress(address: string): Config {
  return { source_address: { address, port_value: 0 } };
}

function istioService(service: Service): Config {
  return { host: hostOf(service), name: service.name, namespace: service.namespace };
}
