// A collector reached through Lightspan itself: its cluster points at a listener of the same Envoy. A span for each
// report would cause the next report, forever.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { istioNode } from "../../../runner/config/node.ts";
import { workload } from "../../../demo/topology.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { Collector } from "../collector/collector.ts";
import { account, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

const LISTENER = "requests";

interface Loop {
  /** Of both listeners, besides the cluster and a short interval. */
  collector?: Config;
  /** Of the collector's listener alone. */
  settings?: Config;
}

/** An Envoy in front of an application and of its own collector. */
function looped({ collector = {}, settings = {} }: Loop, app: number, collectorPort: number, pipe: string): Config {
  const listener = (name: string, upstream: string, more: Config): Config => {
    const config = {
      collector: { cluster: collectorCluster, ...collector },
      buffer: { flush_interval_ms: 20 },
      ...more,
    };
    const routes = [{ match: { prefix: "/" }, route: { cluster: upstream } }];
    return httpListener({
      name,
      address: "127.0.0.1",
      port: 0,
      direction: "INBOUND",
      routeName: name,
      virtualHosts: [{ name, domains: ["*"], routes }],
      filters: [lightspanFilter({ wasm, config })],
    });
  };
  const http2 = collector.transport === "grpc";
  const address = { pipe: { path: pipe } };
  const toItself = {
    ...cluster(collectorCluster, [], { http2 }),
    load_assignment: {
      cluster_name: collectorCluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
  return bootstrap(
    istioNode("sidecar", workload("reviews-v3")),
    [listener(LISTENER, "app", {}), { ...listener("reports", "collector", settings), address }],
    [
      cluster("app", [{ host: "127.0.0.1", port: app }]),
      cluster("collector", [{ host: "127.0.0.1", port: collectorPort }], { http2 }),
      toItself,
    ],
  );
}

/** Sends one request to an Envoy whose reports pass through itself, then lets `look` examine it. */
async function throughItself(loop: Loop, look: (envoy: EnvoyProcess) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-loop-"));
  const app = await listen(createServer((request, response) => response.end(request.method)));
  const collector = await Collector.start();
  try {
    const config = looped(loop, app.port, collector.port, join(folder, "reports"));
    const envoy = await startEnvoy({ binary: await envoyBinary, name: "looped", config });
    try {
      await (await fetch(`http://127.0.0.1:${await envoy.listenerPort(LISTENER)}/`)).text();
      await look(envoy);
    } finally {
      await envoy.stop();
    }
  } finally {
    await collector.die();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The report has passed, no trace began with it, and no other report follows. */
async function ends(envoy: EnvoyProcess): Promise<void> {
  const passed = async (): Promise<true | undefined> => {
    const { requests, spans_sent } = await account([envoy]);
    return (requests === 2 && spans_sent === 1) || undefined;
  };
  await eventually("the report to pass through the listener", passed);
  // Another report would follow within a flush interval.
  await sleep(200);
  const { requests, spans_recorded, spans_unsampled } = await account([envoy]);
  assert.deepEqual(
    { requests, spans_recorded, spans_unsampled },
    { requests: 2, spans_recorded: 1, spans_unsampled: 1 },
  );
}

async function goesOn(envoy: EnvoyProcess): Promise<void> {
  await eventually("a span for each report", async () => ((await account([envoy])).spans_sent ?? 0) > 5 || undefined);
}

const STARTS_ANEW: Config = { propagation: { trust_incoming: false } };

describe("an Envoy that reports through itself", () => {
  it("makes no spans of its reports", () => throughItself({}, ends));

  it("makes none over gRPC either", () => throughItself({ collector: { protocol: "otlp", transport: "grpc" } }, ends));

  it("makes spans forever if the listener trusts no incoming trace: the loop to be ended", () =>
    throughItself({ settings: STARTS_ANEW }, goesOn));

  it("makes none there if the path is excluded, as docs/troubleshooting.md says", () =>
    throughItself({ settings: { ...STARTS_ANEW, sampling: { exclude_paths: ["/api/v2/reports"] } } }, ends));
});
