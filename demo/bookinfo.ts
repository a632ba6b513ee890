// Runs Bookinfo: six applications in this process, a real Envoy beside each, and one in front of them all.
// Knows the order of starting, which follows from the topology. The system chooses the ports.
import { createServer } from "node:net";
import type { Config } from "../runner/config/bootstrap.ts";
import type { Endpoint } from "../runner/config/cluster.ts";
import {
  collectorCluster,
  gateway,
  gatewayListener,
  inboundListener,
  outboundListener,
  sidecar,
  type Upstream,
} from "../runner/config/mesh.ts";
import { EnvoyFailed, startEnvoy, type EnvoyProcess } from "../runner/process.ts";
import { serve, type App, type RunningApp } from "./apps/app.ts";
import { details } from "./apps/details.ts";
import { productpage } from "./apps/productpage.ts";
import { ratings } from "./apps/ratings.ts";
import { reviews } from "./apps/reviews.ts";
import { ingress, services, workloads, workloadsOf, type BookinfoWorkload, type ServiceName } from "./topology.ts";

export interface BookinfoOptions {
  /** Path of the Envoy program. */
  envoy: string;
  /** Path of lightspan.wasm. */
  wasm: string;
  collector: Endpoint & { http2?: boolean };
  /** Merged into Lightspan's configuration, key by key at the top level. */
  pluginConfig?: Config;
  concurrency?: number;
  /** The minimum time that reviews v3 takes to answer. */
  reviewsDelayMs?: number;
  /** The ingress's port, if it is free. */
  ingressPort?: number;
  /** Called with the name of each Envoy once it is live. */
  log?: (name: string) => void;
}

export interface Bookinfo {
  /** The product page, through the ingress. */
  url: string;
  /** One for each workload, with its name, and `istio-ingressgateway`. */
  envoys: EnvoyProcess[];
  stop(): Promise<void>;
}

/** A workload's Envoy, and the endpoint where other Envoys reach it. */
interface Started {
  envoy: EnvoyProcess;
  inbound: Endpoint;
}

/** Starts Bookinfo and waits until all of it is live. If a part fails, stops the others. */
export async function startBookinfo(options: BookinfoOptions): Promise<Bookinfo> {
  const parts = new Map<string, Promise<Started>>();
  const apps: RunningApp[] = [];
  const address = await addressing();
  const common = {
    lightspan: {
      wasm: options.wasm,
      config: { collector: { cluster: collectorCluster }, ...options.pluginConfig },
    },
    collector: options.collector,
  };

  const launch = async (name: string, config: Config): Promise<EnvoyProcess> => {
    const { concurrency, log } = options;
    const envoy = await startEnvoy({ binary: options.envoy, name, config, concurrency });
    log?.(name);
    return envoy;
  };

  // Calls go to ports that the system gave to the callee's sidecar, so each sidecar waits for those that it calls.
  const upstream = async (name: ServiceName): Promise<Upstream> => {
    const instances = await Promise.all(workloadsOf(name).map(({ name }) => parts.get(name)));
    return { service: services[name], endpoints: instances.flatMap((part) => part?.inbound ?? []) };
  };

  const startWorkload = async (workload: BookinfoWorkload): Promise<Started> => {
    const host = address(workload.ip);
    let outbound: Endpoint | undefined;
    const app = await serve(appOf(workload, options.reviewsDelayMs), host, () => {
      if (outbound === undefined) throw new Error(`the sidecar of ${workload.name} is not there yet`);
      return outbound;
    });
    apps.push(app);
    const upstreams = await Promise.all(workload.calls.map(upstream));
    const config = sidecar({
      ...common,
      workload,
      address: host,
      source: host,
      inbound: { service: services[workload.app], app: app.endpoint },
      outbound: upstreams.length > 0 ? { upstreams } : undefined,
    });
    const envoy = await launch(workload.name, config);
    if (upstreams.length > 0) outbound = { host, port: await envoy.listenerPort(outboundListener) };
    return { envoy, inbound: { host, port: await envoy.listenerPort(inboundListener) } };
  };

  const startIngress = async (): Promise<Started> => {
    const product = await upstream("productpage");
    const config = (port: number): Config =>
      gateway({
        ...common,
        workload: ingress,
        source: address(ingress.ip),
        port,
        routes: [{ path: "/productpage" }, { prefix: "/api/v1/products" }, { path: "/" }].map((match) => ({
          match,
          upstream: product,
        })),
      });
    const envoy = await launch(ingress.name, config(options.ingressPort ?? 0)).catch((error: unknown) => {
      const busy = error instanceof EnvoyFailed && /address already in use/i.test(error.log);
      if (!busy) throw error;
      return launch(ingress.name, config(0));
    });
    // Always 127.0.0.1, whatever the pods' addresses: people type this one.
    return { envoy, inbound: { host: "127.0.0.1", port: await envoy.listenerPort(gatewayListener) } };
  };

  // Starts all at once. Parts look each other up only after their first await, when every part is in the map.
  for (const workload of workloads) parts.set(workload.name, startWorkload(workload));
  const entrance = startIngress();
  parts.set(ingress.name, entrance);
  const stop = async (): Promise<void> => {
    const settled = await Promise.allSettled(parts.values());
    const envoys = settled.flatMap((part) => (part.status === "fulfilled" ? [part.value.envoy] : []));
    await Promise.all(envoys.map((envoy) => envoy.stop()));
    await Promise.all(apps.map((app) => app.close()));
  };

  try {
    const envoys = (await Promise.all(parts.values())).map(({ envoy }) => envoy);
    const { host, port } = (await entrance).inbound;
    return { url: `http://${host}:${port}/productpage`, envoys, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The application of a workload. */
export function appOf({ app, version, pod }: BookinfoWorkload, slowMs = 1255): App {
  if (app === "productpage") return productpage;
  if (app === "details") return details;
  if (app === "ratings") return ratings;
  if (version === "v1") return reviews({ pod });
  return version === "v2" ? reviews({ pod, stars: "black" }) : reviews({ pod, stars: "red", delayMs: slowMs });
}

/** Gives each pod its own address if all of 127.0.0.0/8 is local (as on Linux), and 127.0.0.1 otherwise. */
async function addressing(): Promise<(ip: string) => string> {
  const usable = await Promise.all([...workloads, ingress].map(({ ip }) => canBind(ip)));
  return usable.every(Boolean) ? (ip) => ip : () => "127.0.0.1";
}

function canBind(ip: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(0, ip, () => probe.close(() => resolve(true)));
  });
}
