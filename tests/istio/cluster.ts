// Bookinfo in a cluster without proxies: the applications in this process, a collector, the Kubernetes API with all
// their objects, and the real istiod. Knows where everything listens; each test decides which proxies there are.
import { appOf } from "../../demo/bookinfo.ts";
import { serve, type RunningApp } from "../../demo/apps/app.ts";
import { services, workloads, type BookinfoWorkload } from "../../demo/topology.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { startKubernetes, type Kubernetes, type KubeObject } from "./kubernetes.ts";
import { bookinfoServices, clusterWide, outsider, podOf, sidecarOf, type Ports } from "./objects.ts";
import { startPilot, type Pilot } from "./pilot.ts";
import { findIstio } from "./tools.ts";

/** The collector's URL in the mesh, for `--collector`. */
export const collectorUrl = "http://satellite.observability.svc:8360";

const collectorHost = "observability/satellite.observability.svc.cluster.local";
const collectorPort = 8360;

export interface Cluster {
  kubernetes: Kubernetes;
  pilot: Pilot;
  satellite: Satellite;
  /** Where each workload's proxy listens, according to its Sidecar. */
  ports: Map<BookinfoWorkload, Ports>;
  /** Stops `part` when the cluster stops, before the cluster. */
  add<T extends { stop(): Promise<void> }>(part: T): T;
}

export interface ClusterOptions {
  /** In addition to Bookinfo's own. */
  objects: KubeObject[];
  /** How long reviews v3 takes to answer; 50 if not given. Milliseconds. */
  reviewsDelayMs?: number;
  /** Merged into istiod's mesh configuration. */
  meshConfig?: object;
  /** Additions to istiod's environment. */
  pilotEnvironment?: Record<string, string>;
  /** Additional hosts that the Sidecars show, as NAMESPACE/HOST:PORT. */
  sees?: string[];
}

/** Runs `body` in a cluster with Bookinfo, then stops everything. */
export async function inCluster(options: ClusterOptions, body: (cluster: Cluster) => Promise<void>): Promise<void> {
  const { objects, reviewsDelayMs = 50, meshConfig, pilotEnvironment, sees = [] } = options;
  const istio = await findIstio(console.error);
  const parts: { stop(): Promise<void> }[] = [];
  const add: Cluster["add"] = (part) => {
    parts.unshift(part);
    return part;
  };
  try {
    const satellite = await startSatellite();
    add({ stop: () => satellite.close() });
    const ports = new Map<BookinfoWorkload, Ports>();
    for (const workload of workloads) {
      const { app, ports: own } = await startApp(workload, reviewsDelayMs);
      add({ stop: () => app.close() });
      ports.set(workload, own);
    }
    const kubernetes = await startKubernetes([
      ...clusterWide(istio),
      ...bookinfoServices(istio),
      ...[...ports].flatMap(([workload, own]) => [
        ...podOf({ ...workload, ip: own.inbound.host }),
        sidecarOf(workload, own, [`${collectorHost}:${collectorPort}`, ...sees]),
      ]),
      ...outsider("satellite", "observability", collectorPort, { host: "127.0.0.1", port: satellite.port }),
      ...objects,
    ]);
    add({ stop: () => kubernetes.close() });
    const pilot = add(await startPilot(istio, kubernetes, meshConfig, pilotEnvironment));
    await body({ kubernetes, pilot, satellite, ports, add });
  } finally {
    for (const part of parts) await part.stop();
  }
}

/**
 * Addresses for this run only. The port is always 9080, as in Bookinfo, because Istio puts it in the names of
 * operations. The node ids keep the topology's own addresses.
 */
const range = `127.${100 + (process.pid % 100)}.${(process.pid >> 7) % 256}`;

async function startApp(workload: BookinfoWorkload, delayMs: number): Promise<{ app: RunningApp; ports: Ports }> {
  const { port } = services[workload.app];
  const index = workloads.indexOf(workload);
  const inbound = { host: `${range}.${index + 1}`, port };
  const outbound = { host: `${range}.${index + 101}`, port };
  const app = await serve(appOf(workload, delayMs), "127.0.0.1", () => outbound);
  return { app, ports: { inbound, app: app.endpoint, outbound } };
}
