// The scene of every fault: an application, an Envoy with Lightspan in front of it, and a scripted collector. For the
// soak there is a second Envoy, without Lightspan, that can get the same load at the same time.
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { collectorCluster, inboundListener, sidecar } from "../../../runner/config/mesh.ts";
import { services, workload } from "../../../demo/topology.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { Collector } from "../collector/collector.ts";
import { stopLoads } from "./load.ts";
import { envoyBinary, listen, wasm, type Listening } from "../ground.ts";
import { http3KeyPair, startHttp3Client, type Http3Client } from "../http3/http3.ts";

/** Gives a collector up soon, for faults that are about this. Otherwise a report has more time than it ever needs. */
export const SHORT_TIMEOUT: Config = { collector: { timeout_ms: 400 } };

/** A buffer of some 130 spans: a fault of a second fills it as one of minutes fills the default. */
export const TIGHT: Config = { max_bytes: 65536 };

/** Lets a fault of a second show what one of hours would: short waits between tries, small reports. */
const IMPATIENT: Config = {
  collector: { timeout_ms: 600_000 },
  buffer: { flush_spans: 20, flush_interval_ms: 50 },
  retry: { attempts: 4, base_ms: 20, max_ms: 200 },
};

export interface SceneOptions {
  /** Lightspan's configuration without the cluster, section by section. */
  config?: Config;
  /** The collector's cluster in Envoy's form, if it is not a plain one. */
  collectorCluster?: (port: number) => Config;
  /** The collector is reached over HTTP/2 and gRPC. */
  grpc?: boolean;
  workers?: number;
  /** The load comes over HTTP/3. */
  http3?: boolean;
  /** Clusters, listeners and Lightspan's configuration come from files, as from a control plane. */
  dynamic?: boolean;
  /** Environment variables of Envoy that the VM may see. */
  environment?: Record<string, string>;
  extraArgs?: string[];
}

export interface Scene {
  collector: Collector;
  /** The Envoy with Lightspan. */
  envoy: EnvoyProcess;
  port: number;
  /** Starts an Envoy without Lightspan beside it. */
  startPlain(): Promise<{ envoy: EnvoyProcess; port: number }>;
  /** The bootstrap of the Envoy with Lightspan. */
  config: Config;
  /** Of a dynamic scene. */
  control?: ControlPlane;
  stop(): Promise<void>;
}

export function configuration(options: SceneOptions): Config {
  const merged: Record<string, Config> = {};
  for (const part of [IMPATIENT, { collector: { cluster: collectorCluster } }, options.config ?? {}]) {
    for (const [section, keys] of Object.entries(part)) {
      merged[section] = { ...merged[section], ...(keys as Config) };
    }
  }
  return merged;
}

/** The part of a bootstrap that this file reads. */
interface Static {
  node: Config;
  static_resources: { listeners: Config[]; clusters: Config[] };
}

/** The sidecar of reviews-v1; without a `config` it has no Lightspan. */
function whole(options: SceneOptions, app: Listening, collectorPort: number, config: Config | null): Static {
  const own = options.collectorCluster?.(collectorPort);
  return sidecar({
    workload: workload("reviews-v1"),
    lightspan: config && { wasm, config, hostEnvironment: Object.keys(options.environment ?? {}) },
    inbound: { service: services.reviews, app, http3: options.http3 ? http3KeyPair : undefined },
    collector: own ? undefined : { host: "127.0.0.1", port: collectorPort, http2: options.grpc },
    clusters: own && [own],
  }) as unknown as Static;
}

export async function setScene(options: SceneOptions = {}): Promise<Scene> {
  const app = await listen(createServer((request, response) => response.end(request.url)));
  const collector = await Collector.start();
  const envoys: EnvoyProcess[] = [];
  let client: Http3Client | undefined;
  const stop = async (): Promise<void> => {
    await stopLoads();
    await client?.stop();
    await Promise.all(envoys.map((envoy) => envoy.stop()));
    await collector.die();
    await app.close();
    control?.remove();
  };
  const own = whole(options, app, collector.port, configuration(options));
  const control = options.dynamic ? new ControlPlane(own) : undefined;
  const config = control?.bootstrap ?? { ...own };
  try {
    const start = async (name: string, config: Config, extraArgs?: string[]): Promise<EnvoyProcess> => {
      const { workers, environment } = options;
      const binary = await envoyBinary;
      const concurrency = workers ?? 1;
      const envoy = await startEnvoy({ binary, name, config, concurrency, extraArgs, env: environment });
      envoys.push(envoy);
      return envoy;
    };
    const envoy = await start("with Lightspan", config, options.extraArgs);
    let port = await envoy.listenerPort(inboundListener);
    if (options.http3) {
      client = await startHttp3Client({ to: { own: port } });
      port = client.port("own");
    }
    const startPlain = async (): Promise<{ envoy: EnvoyProcess; port: number }> => {
      const plain = await start("without", { ...whole(options, app, collector.port, null) });
      return { envoy: plain, port: await plain.listenerPort(inboundListener) };
    };
    return { collector, envoy, port, startPlain, config, control, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const TYPES = {
  listeners: "envoy.config.listener.v3.Listener",
  clusters: "envoy.config.cluster.v3.Cluster",
  extensions: "envoy.config.core.v3.TypedExtensionConfig",
};

/** Listeners, clusters and Lightspan's configuration in files that Envoy watches: the smallest control plane. */
export class ControlPlane {
  readonly #folder = mkdtempSync(join(tmpdir(), "lightspan-xds-"));
  #version = 0;
  readonly clusters: Config[];
  readonly bootstrap: Config;

  constructor({ node, static_resources: { listeners, clusters } }: Static) {
    this.clusters = clusters;
    this.bootstrap = bootstrap(node, [], [], {
      dynamic_resources: { lds_config: this.#source("listeners"), cds_config: this.#source("clusters") },
    });
    const filter = filtersOf(listeners[0]);
    const at = filter.findIndex(({ name }) => name === LIGHTSPAN);
    const discovery = { config_source: this.#source("extensions"), type_urls: [filter[at]?.typed_config?.["@type"]] };
    this.tell("extensions", [{ name: LIGHTSPAN, typed_config: filter[at]?.typed_config }]);
    filter.splice(at, 1, { name: LIGHTSPAN, config_discovery: discovery });
    this.tell("clusters", clusters);
    this.tell("listeners", listeners);
  }

  /** From now on, these are all the resources of their type. */
  tell(what: keyof typeof TYPES, resources: Config[]): void {
    const typed = resources.map((resource) => ({ "@type": `type.googleapis.com/${TYPES[what]}`, ...resource }));
    const path = join(this.#folder, `${what}.json`);
    writeFileSync(`${path}.new`, JSON.stringify({ version_info: String(++this.#version), resources: typed }));
    // Envoy looks when a file is moved into place, and then sees all of it.
    renameSync(`${path}.new`, path);
  }

  /** From now on, Lightspan has this configuration. */
  configure(options: SceneOptions): void {
    const { name, typed_config } = lightspanFilter({ wasm, config: configuration(options) });
    this.tell("extensions", [{ name, typed_config }]);
  }

  #source(what: string): Config {
    const path = join(this.#folder, `${what}.json`);
    return {
      resource_api_version: "V3",
      path_config_source: { path, watched_directory: { path: this.#folder } },
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const LIGHTSPAN = "lightspan";

interface Filter {
  name: string;
  typed_config?: Config;
  config_discovery?: Config;
}

/** The HTTP filters of a listener, to be changed in place. */
function filtersOf(listener: Config | undefined): Filter[] {
  const { filter_chains } = listener as {
    filter_chains: { filters: { typed_config: { http_filters: Filter[] } }[] }[];
  };
  return filter_chains[0]?.filters[0]?.typed_config.http_filters ?? [];
}

/** Resident memory of an Envoy, in bytes. */
export function residentOf({ pid }: EnvoyProcess): number {
  const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
  return Number(pages) * 4096;
}
