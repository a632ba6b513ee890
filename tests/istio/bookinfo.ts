// Bookinfo in an Istio mesh: a real Envoy beside each application and one as ingress gateway. The real istiod
// configures them all and decides what they do.
import { ingress, services } from "../../demo/topology.ts";
import { hostOf } from "../../runner/config/service.ts";
import { labelsOf } from "../../runner/config/node.ts";
import type { EnvoyProcess } from "../../runner/process.ts";
import { during } from "../envoy/ground.ts";
import { inCluster, type Cluster, type ClusterOptions } from "./cluster.ts";
import type { KubeObject } from "./kubernetes.ts";
import { podOf } from "./objects.ts";
import { freePorts } from "./program.ts";
import { startProxy } from "./proxy.ts";

const gatewayLabels = { istio: "ingressgateway", ...labelsOf(ingress) };

export interface Mesh extends Cluster {
  /** By workload name. */
  envoys: Map<string, EnvoyProcess>;
  /** URL of the product page at the ingress gateway. */
  url: string;
}

/** Runs `body` in a mesh with Bookinfo, then stops everything. A failure's message contains the logs. */
export async function inMesh(options: ClusterOptions, body: (mesh: Mesh) => Promise<void>): Promise<void> {
  const [gatewayPort = 0] = await freePorts(1);
  const objects = [...entrance(gatewayPort), ...options.objects];
  await inCluster({ ...options, objects }, async (cluster) => {
    const { pilot, ports, add } = cluster;
    const settled = await Promise.allSettled([
      ...[...ports].map(([workload, { inbound }]) =>
        startProxy({ pilot, workload, metadata: { INSTANCE_IPS: inbound.host } }),
      ),
      startProxy({ pilot, workload: ingress, kind: "router", metadata: { LABELS: gatewayLabels } }),
    ]);
    const envoys = settled.flatMap((start) => (start.status === "fulfilled" ? [add(start.value)] : []));
    for (const start of settled) if (start.status === "rejected") throw start.reason;
    const byName = new Map(envoys.map((envoy) => [envoy.name, envoy]));
    const url = `http://127.0.0.1:${gatewayPort}/productpage`;
    await during(envoys, () => body({ ...cluster, envoys: byName, url }));
  });
}

/** Bookinfo's gateway and route, as in Istio's sample, on a loopback port. */
function entrance(port: number): KubeObject[] {
  const metadata = { name: "bookinfo", namespace: "default" };
  const destination = { host: hostOf(services.productpage), port: { number: services.productpage.port } };
  return [
    ...podOf(ingress, gatewayLabels),
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata,
      spec: {
        selector: { istio: gatewayLabels.istio },
        servers: [{ port: { number: port, name: "http", protocol: "HTTP" }, hosts: ["*"], bind: "127.0.0.1" }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata,
      spec: {
        hosts: ["*"],
        gateways: ["bookinfo"],
        http: [{ name: "productpage", match: [{ uri: { exact: "/productpage" } }], route: [{ destination }] }],
      },
    },
  ];
}
