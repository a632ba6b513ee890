// Bookinfo in a mesh of Istio's: its applications in this process, a real Envoy beside each and one as ingress gateway,
// all of them configured by the real istiod. Knows where everything listens; what the proxies do is for istiod to say.
import { appOf } from "../../envoy/bookinfo/start.ts";
import { serve, type RunningApp } from "../../envoy/bookinfo/app.ts";
import { ingress, services, workloads, type BookinfoWorkload } from "../../envoy/bookinfo/topology.ts";
import { hostOf } from "../../envoy/config/service.ts";
import { labelsOf } from "../../envoy/config/node.ts";
import type { EnvoyProcess } from "../../envoy/process.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { during } from "../envoy/ground.ts";
import { startKubernetes, type Kubernetes, type KubeObject } from "./kubernetes.ts";
import { bookinfoServices, clusterWide, outsider, podOf, sidecarOf, type Ports } from "./objects.ts";
import { startPilot, type Pilot } from "./pilot.ts";
import { freePorts } from "./program.ts";
import { startProxy } from "./proxy.ts";
import { findIstio } from "./tools.ts";

/** The collector's place in the mesh, as `--collector` names it. */
export const collectorUrl = "http://satellite.observability.svc:8360";

const reviewsDelayMs = 50;
const gatewayLabels = { istio: "ingressgateway", ...labelsOf(ingress) };

export interface Mesh {
  kubernetes: Kubernetes;
  pilot: Pilot;
  satellite: Satellite;
  /** By the name of the workload. */
  envoys: Map<string, EnvoyProcess>;
  /** The product page, behind the ingress gateway. */
  url: string;
}

export interface MeshOptions {
  /** On top of Bookinfo's own. */
  objects: KubeObject[];
  /** Merged into istiod's mesh configuration. */
  meshConfig?: object;
}

/** Runs `body` in a mesh with Bookinfo in it, and takes everything down. Logs are in the message of a failure. */
export async function inMesh({ objects, meshConfig }: MeshOptions, body: (mesh: Mesh) => Promise<void>): Promise<void> {
  const istio = await findIstio(console.error);
  const parts: { stop(): Promise<void> }[] = [];
  const add = <T extends { stop(): Promise<void> }>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  try {
    const satellite = await startSatellite();
    add({ stop: () => satellite.close() });
    const ports = new Map<BookinfoWorkload, Ports>();
    for (const workload of workloads) {
      const { app, ports: own } = await startApp(workload);
      add({ stop: () => app.close() });
      ports.set(workload, own);
    }
    const [gatewayPort = 0] = await freePorts(1);
    const kubernetes = await startKubernetes([
      ...clusterWide(istio),
      ...bookinfoServices(istio),
      ...[...ports].flatMap(([workload, own]) => [
        ...podOf({ ...workload, ip: own.inbound.host }),
        sidecarOf(workload, own, ["observability/satellite.observability.svc.cluster.local:8360"]),
      ]),
      ...outsider("satellite", "observability", 8360, { host: "127.0.0.1", port: satellite.port }),
      ...entrance(gatewayPort),
      ...objects,
    ]);
    add({ stop: () => kubernetes.close() });
    const pilot = add(await startPilot(istio, kubernetes, meshConfig));
    const starts = [
      ...[...ports].map(([workload, { inbound }]) =>
        startProxy({ pilot, workload, metadata: { INSTANCE_IPS: inbound.host } }),
      ),
      startProxy({
        pilot,
        workload: ingress,
        kind: "router",
        metadata: { LABELS: gatewayLabels },
      }),
    ];
    const settled = await Promise.allSettled(starts);
    const envoys = settled.flatMap((start) => (start.status === "fulfilled" ? [add(start.value)] : []));
    for (const start of settled) if (start.status === "rejected") throw start.reason;
    const mesh: Mesh = {
      kubernetes,
      pilot,
      satellite,
      envoys: new Map(envoys.map((envoy) => [envoy.name, envoy])),
      url: `http://127.0.0.1:${gatewayPort}/productpage`,
    };
    await during(envoys, () => body(mesh));
  } finally {
    for (const part of parts) await part.stop();
  }
}

/**
 * Addresses of this run alone: the port is 9080 everywhere, as in Bookinfo, since Istio names operations by it.
 * The topology's own addresses stay in the node ids.
 */
const range = `127.${100 + (process.pid % 100)}.${(process.pid >> 7) % 256}`;

async function startApp(workload: BookinfoWorkload): Promise<{ app: RunningApp; ports: Ports }> {
  const { port } = services[workload.app];
  const index = workloads.indexOf(workload);
  const inbound = { host: `${range}.${index + 1}`, port };
  const outbound = { host: `${range}.${index + 101}`, port };
  const app = await serve(appOf(workload, reviewsDelayMs), "127.0.0.1", () => outbound);
  return { app, ports: { inbound, app: app.endpoint, outbound } };
}

/** Bookinfo's gateway and route, as Istio's sample has them, on a port of loopback. */
function entrance(port: number): KubeObject[] {
  const gateway = { apiVersion: "networking.istio.io/v1", kind: "Gateway" };
  const service = { apiVersion: "networking.istio.io/v1", kind: "VirtualService" };
  const metadata = { name: "bookinfo", namespace: "default" };
  const destination = { host: hostOf(services.productpage), port: { number: services.productpage.port } };
  return [
    ...podOf(ingress, gatewayLabels),
    {
      ...gateway,
      metadata,
      spec: {
        selector: { istio: gatewayLabels.istio },
        servers: [{ port: { number: port, name: "http", protocol: "HTTP" }, hosts: ["*"], bind: "127.0.0.1" }],
      },
    },
    {
      ...service,
      metadata,
      spec: {
        hosts: ["*"],
        gateways: ["bookinfo"],
        http: [{ match: [{ uri: { exact: "/productpage" } }], route: [{ destination }] }],
      },
    },
  ];
}
