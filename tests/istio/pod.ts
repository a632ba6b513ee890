// One pod, whole: run inside a network namespace of its own, it has Istio's iptables rules, the real agent with its Envoy as
// Istio's user, and an application that calls its own service by the service's address. Prints, as JSON, what came of it.
// Knows how a pod's network is set up; what should come of it, interception.test.ts knows.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { services, workload } from "../../envoy/bookinfo/topology.ts";
import { startSatellite } from "../../satellite/server.ts";
import type { Span } from "../../satellite/traces.ts";
import { eventually, wasm } from "../envoy/ground.ts";
import { proxyUser, startAgent } from "./agent.ts";
import { collectorUrl } from "./cluster.ts";
import { connectionManagers, type ConnectionManager } from "./dump.ts";
import { startKubernetes, type KubeObject } from "./kubernetes.ts";
import { manifestObjects } from "./manifests.ts";
import { bookinfoServices, clusterWide, outsider, podOf } from "./objects.ts";
import { startPilot } from "./pilot.ts";
import { findIstio } from "./tools.ts";

export interface PodReport {
  /** Of the request. */
  status: number;
  /** Where the application saw its connection come from. */
  peer: string;
  /** Trace context that the application got. */
  headers: Record<string, unknown>;
  spans: Span[];
  managers: ConnectionManager[];
}

const address = "10.244.0.1";

function setUpNetwork(pilotAgent: string): void {
  const ip = (...args: string[]): void => void execFileSync("ip", args);
  ip("link", "set", "lo", "up");
  ip("link", "add", "pod", "type", "veth", "peer", "name", "node");
  ip("link", "set", "pod", "up");
  ip("link", "set", "node", "up");
  ip("addr", "add", `${address}/24`, "dev", "pod");
  // Services' addresses are nobody's: iptables has to catch what goes there.
  ip("route", "add", "10.96.0.0/16", "dev", "pod");
  const redirect = [
    "-p",
    "15001",
    "-z",
    "15006",
    "-u",
    String(proxyUser),
    "-m",
    "REDIRECT",
    "-i",
    "*",
    "-x",
    "",
    "-b",
    "*",
  ];
  execFileSync(pilotAgent, ["istio-iptables", ...redirect, "-d", "15090,15021,15020"], { stdio: ["ignore", 2, 2] });
}

async function main(): Promise<PodReport> {
  const istio = await findIstio(console.error);
  setUpNetwork(istio.pilotAgent);
  const productpage = workload("productpage-v1");
  const { port } = services.productpage;
  let seen: Pick<PodReport, "peer" | "headers"> | undefined;
  const app = createServer((request, response) => {
    seen = { peer: request.socket.remoteAddress ?? "", headers: request.headers };
    response.end("hello");
  });
  await new Promise<void>((resolve) => app.listen(port, "0.0.0.0", resolve));

  const satellite = await startSatellite();
  const cluster: KubeObject[] = bookinfoServices(istio);
  const kubernetes = await startKubernetes([
    ...clusterWide(istio),
    ...cluster,
    ...podOf({ ...productpage, ip: address }),
    ...outsider("satellite", "observability", 8360, { host: "127.0.0.1", port: satellite.port }),
    ...manifestObjects("--collector", collectorUrl, "--module", `file://${wasm}`),
  ]);
  const pilot = await startPilot(istio, kubernetes);
  const agent = await startAgent({ pilot, workload: productpage, address, interception: "REDIRECT" });

  const service = cluster.find(({ metadata }) => metadata.name === "productpage")?.spec as { clusterIP: string };
  const headers = { host: `productpage:${port}` };
  const response = await fetch(`http://${service.clusterIP}:${port}/`, {
    headers,
    signal: AbortSignal.timeout(10_000),
  });
  await response.text();
  const spans = await eventually("two spans", () => {
    const all = satellite.store.list().flatMap((trace) => trace.spans);
    return all.length >= 2 ? all : undefined;
  });
  const managers = await connectionManagers(agent);
  await agent.stop();
  return { status: response.status, ...(seen ?? { peer: "", headers: {} }), spans, managers };
}

main().then(
  (report) => process.stdout.write(JSON.stringify(report), () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
