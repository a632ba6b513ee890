// One complete pod, in its own network and mount namespaces: Istio's iptables rules, the real agent and its Envoy as
// Istio's user, an application that calls its own service by the service's address, and Lightstep's public endpoint
// with its name, port and TLS, served by a satellite. Prints the result as JSON. Knows how a pod's network and files
// are set up; interception.test.ts knows the expected result.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { services, workload } from "../../demo/topology.ts";
import { startSatellite } from "../../satellite/server.ts";
import type { Span } from "../../satellite/store/traces.ts";
import { wasm } from "../envoy/ground.ts";
import { eventually, PATIENCE_MS } from "../wait.ts";
import { proxyUser, startAgent } from "./agent.ts";
import { connectionManagers, type ConnectionManager } from "./dump.ts";
import { startKubernetes, type KubeObject } from "./kubernetes.ts";
import { manifestObjects } from "./manifests.ts";
import { bookinfoServices, clusterWide, podOf } from "./objects.ts";
import { startPilot } from "./pilot.ts";
import { findIstio } from "./tools.ts";

export interface PodReport {
  /** The request's status. */
  status: number;
  /** The peer of the application's connection, as it saw it. */
  peer: string;
  /** The trace context that the application received. */
  headers: Record<string, unknown>;
  spans: Span[];
  /** Reports received with a token, and all received. */
  withToken: number;
  reports: number;
  /** How often a report was retried, as counted by Lightspan. */
  retried: number;
  managers: ConnectionManager[];
}

const address = "10.244.0.1";

/** The service's port. The application's differs, as usual, and callers do not know it. */
const servicePort = 80;

const lightstep = "collector.lightstep.com";
// A certificate for Lightstep's name, made for this test only, that only this pod trusts.
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** Gives Lightstep's name an address in this pod, and makes this pod trust only one authority. */
function setUpFiles(authority: string): void {
  const mount = (...args: string[]): void => void execFileSync("mount", args);
  const hosts = join(mkdtempSync(join(tmpdir(), "lightspan-pod-")), "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost ${lightstep}\n`);
  mount("--bind", hosts, "/etc/hosts");
  mount("-t", "tmpfs", "none", "/etc/ssl/certs");
  copyFileSync(fixture(authority), "/etc/ssl/certs/ca-certificates.crt");
}

/** Puts TLS with Lightstep's name in front of the satellite. */
async function serveLightstep(satellitePort: number): Promise<void> {
  const server = createTlsServer({
    cert: readFileSync(fixture("collector.pem")),
    key: readFileSync(fixture("collector.key.pem")),
  });
  server.on("secureConnection", (socket) => {
    const upstream = connect(satellitePort, "127.0.0.1");
    socket.pipe(upstream).pipe(socket);
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(443, "127.0.0.1", resolve));
}

function setUpNetwork(pilotAgent: string): void {
  const ip = (...args: string[]): void => void execFileSync("ip", args);
  ip("link", "set", "lo", "up");
  ip("link", "add", "pod", "type", "veth", "peer", "name", "node");
  ip("link", "set", "pod", "up");
  ip("link", "set", "node", "up");
  ip("addr", "add", `${address}/24`, "dev", "pod");
  // Nobody has the services' addresses: iptables must catch connections to them.
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

/** `authority`: the file in tests/fixtures/tls of the authority that this pod trusts. */
async function main(authority: string): Promise<PodReport> {
  const istio = await findIstio(console.error);
  setUpNetwork(istio.pilotAgent);
  setUpFiles(authority);
  const productpage = workload("productpage-v1");
  const { port } = services.productpage;
  let seen: Pick<PodReport, "peer" | "headers"> | undefined;
  const app = createServer((request, response) => {
    seen = { peer: request.socket.remoteAddress ?? "", headers: request.headers };
    response.end("hello");
  });
  await new Promise<void>((resolve) => app.listen(port, "0.0.0.0", resolve));

  const satellite = await startSatellite();
  await serveLightstep(satellite.port);
  const ports = [{ name: "http", port: servicePort, targetPort: port, protocol: "TCP" }];
  const cluster = bookinfoServices(istio).map((each): KubeObject => ({
    ...each,
    spec: { ...(each.spec as object), ports },
  }));
  const kubernetes = await startKubernetes([
    ...clusterWide(istio),
    ...cluster,
    ...podOf({ ...productpage, ip: address }),
    ...manifestObjects(
      ...["--collector", "lightstep", "--token-secret", "lightstep", "--module", `file://${wasm}`],
      ...["--sidecar", productpage.namespace],
    ),
  ]);
  const pilot = await startPilot(istio, kubernetes);
  const env = { LIGHTSPAN_ACCESS_TOKEN: "the token" };
  const agent = await startAgent({ pilot, workload: productpage, address, interception: "REDIRECT", env });

  const service = cluster.find(({ metadata }) => metadata.name === "productpage")?.spec as { clusterIP: string };
  const headers = { host: "productpage" };
  const response = await fetch(`http://${service.clusterIP}:${servicePort}/`, {
    headers,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  await response.text();
  const counters = async (): Promise<Map<string, number>> => {
    const text = await (await fetch(`${agent.admin}/stats?filter=lightspan`)).text();
    return new Map(
      [...text.matchAll(/^wasmcustom\.lightspan\.(\w+): (\d+)$/gm)].map(([, name = "", n]) => [name, Number(n)]),
    );
  };
  const retried = await eventually(`the fate of two spans\n${agent.log().slice(-2000)}`, async () => {
    const { spans_sent = 0, reports_retried = 0 } = Object.fromEntries(await counters());
    return spans_sent >= 2 || reports_retried > 2 ? reports_retried : undefined;
  });
  const spans = satellite.store.list().flatMap((trace) => trace.spans);
  const managers = await connectionManagers(agent);
  await agent.stop();
  return {
    status: response.status,
    ...(seen ?? { peer: "", headers: {} }),
    spans,
    withToken: satellite.counts.tokensSeen.body,
    reports: satellite.counts.reports,
    retried,
    managers,
  };
}

main(process.argv[2] ?? "").then(
  (report) => process.stdout.write(JSON.stringify(report), () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
