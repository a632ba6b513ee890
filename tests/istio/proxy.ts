// An Envoy that gets its configuration from istiod, like the one in a pod. Knows the bootstrap of such an Envoy;
// refuses to know the rest, which istiod sends.
import { bootstrap, type Config } from "../../runner/config/bootstrap.ts";
import { cluster } from "../../runner/config/cluster.ts";
import { istioNode, type Workload } from "../../runner/config/node.ts";
import { startEnvoy, type EnvoyProcess } from "../../runner/process.ts";
import { envoyBinary } from "../envoy/ground.ts";
import type { Pilot } from "./pilot.ts";

export interface ProxyOptions {
  pilot: Pilot;
  workload: Workload;
  kind?: "sidecar" | "router";
  /** Additional node metadata, such as labels. */
  metadata?: Record<string, unknown>;
  readyTimeoutMs?: number;
}

/** Starts an Envoy and waits until istiod's configuration is live in it. */
export async function startProxy(options: ProxyOptions): Promise<EnvoyProcess> {
  const { pilot, workload, kind = "sidecar", metadata, readyTimeoutMs } = options;
  const node = istioNode(kind, workload);
  // NONE: without iptables, connections come to the ports that a Sidecar names.
  node.metadata = { ...(node.metadata as Config), INTERCEPTION_MODE: "NONE", ...metadata };
  const ads = { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" };
  const xds = cluster("xds-grpc", [{ host: "127.0.0.1", port: pilot.xdsPort }], { http2: true });
  const config = bootstrap(node, [], [xds], {
    bootstrap_extensions: [
      {
        name: "envoy.bootstrap.internal_listener",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
        },
      },
    ],
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: "DELTA_GRPC",
        set_node_on_first_message_only: true,
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "xds-grpc" } }],
      },
    },
  });
  return startEnvoy({ binary: await envoyBinary, name: workload.name, config, readyTimeoutMs });
}
