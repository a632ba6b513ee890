// The real pilot-agent with its own Envoy, as the container istio-proxy runs them. Knows the agent's environment;
// refuses to know what it fetches. The agent stores modules in a fixed folder below /var/lib, so it runs in a mount
// namespace with an in-memory file system there: it leaves nothing on this machine and finds no other modules.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { onPath, run } from "../../runner/command.ts";
import { labelsOf, type Workload } from "../../runner/config/node.ts";
import { envoyBinary } from "../envoy/ground.ts";
import type { Pilot } from "./pilot.ts";
import { freePorts, startProgram, type Program } from "./program.ts";
import { findIstio } from "./tools.ts";

export interface Agent extends Program {
  /** Its Envoy's admin interface: `http://127.0.0.1:PORT` */
  admin: string;
}

export interface AgentOptions {
  pilot: Pilot;
  workload: Workload;
  /** The pod's address here. */
  address: string;
  /** Additions to the proxy's environment, as in a pod's template. */
  env?: Record<string, string>;
  /** Additions to the mesh configuration's defaultConfig. */
  proxyConfig?: object;
  /** REDIRECT: connections come through iptables; the proxy runs as Istio's own user, by which iptables knows it. */
  interception?: "NONE" | "REDIRECT";
}

const inOwnFolders = 'mount -t tmpfs none /var/lib && mkdir -p -m 777 /var/lib/istio/data && exec "$@"';

/** The user that Istio's proxy runs as in a pod. */
export const proxyUser = 1337;

/**
 * Runs a program as that user, who can still read files that only the current user may: cached programs, the module.
 */
const asProxyUser = [
  ...["setpriv", `--reuid=${proxyUser}`, `--regid=${proxyUser}`, "--clear-groups"],
  ...["--inh-caps=+dac_override", "--ambient-caps=+dac_override"],
];

/** The command line in front of the agent's own; undefined if this user may not create a mount namespace. */
async function namespaceCommand(): Promise<string[] | undefined> {
  const unshare = onPath("unshare", process.env);
  if (unshare === undefined) return undefined;
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const command = [unshare, "--mount", ...user, "sh", "-c", inOwnFolders, "sh"];
  const [program = "", ...args] = [...command, "true"];
  return (await run(program, args, process.env)).code === 0 ? command : undefined;
}

/** Why the agent cannot run here; undefined if it can. */
export async function agentMissing(): Promise<string | undefined> {
  return (await namespaceCommand()) === undefined ? "unshare is missing, or may not make a mount namespace" : undefined;
}

/** Starts pilot-agent and waits until its Envoy accepts traffic. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { pilot, workload, address, env, proxyConfig: more, interception = "NONE" } = options;
  const istio = await findIstio(console.error);
  const folder = mkdtempSync(join(tmpdir(), "lightspan-agent-"));
  const [admin = 0, status = 0, envoyStatus = 0, prometheus = 0] = await freePorts(4);
  const { name, pod, namespace, serviceAccount } = workload;
  const proxyConfig = {
    binaryPath: await envoyBinary,
    configPath: join(folder, "proxy"),
    discoveryAddress: `127.0.0.1:${pilot.xdsPort}`,
    controlPlaneAuthPolicy: "NONE",
    proxyAdminPort: admin,
    statusPort: status,
    concurrency: 1,
    ...more,
  };
  mkdirSync(proxyConfig.configPath);
  const program = await startProgram({
    name: "pilot-agent",
    command: [
      ...((await namespaceCommand()) ?? []),
      ...(interception === "REDIRECT" ? asProxyUser : []),
      istio.pilotAgent,
      ...["proxy", "sidecar", "--domain", `${namespace}.svc.cluster.local`],
      ...["--templateFile", istio.bootstrapTemplate, "--proxyLogLevel", "warning"],
    ],
    cwd: folder,
    env: {
      POD_NAME: pod,
      POD_NAMESPACE: namespace,
      INSTANCE_IP: address,
      SERVICE_ACCOUNT: serviceAccount,
      TRUST_DOMAIN: "cluster.local",
      ISTIO_META_CLUSTER_ID: "Kubernetes",
      ISTIO_META_MESH_ID: "cluster.local",
      ISTIO_META_INTERCEPTION_MODE: interception,
      ISTIO_META_WORKLOAD_NAME: name,
      ISTIO_META_OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      ISTIO_METAJSON_LABELS: JSON.stringify(labelsOf(workload)),
      // No certificates, because nothing here speaks TLS to istiod.
      FILE_MOUNTED_CERTS: "true",
      CA_PROVIDER: "none",
      ENVOY_STATUS_PORT: String(envoyStatus),
      ENVOY_PROMETHEUS_PORT: String(prometheus),
      PROXY_CONFIG: stringify(proxyConfig),
      ...env,
    },
    ready: async () => (await fetch(`http://127.0.0.1:${admin}/ready`)).ok,
  });
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...program, admin: `http://127.0.0.1:${admin}`, stop };
}
