// Istio's real control plane, using the Kubernetes API of kubernetes.ts. Knows istiod's flags and the switches that an
// Envoy without Istio's own extensions needs; refuses to know meshes and proxies.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts, startProgram, type Program } from "./program.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { Istio } from "./tools.ts";

export interface Pilot extends Program {
  /** Where proxies get their configuration, without TLS. */
  xdsPort: number;
}

/** Switches that turn off what only Istio's own build of Envoy has. */
const withoutIstiosExtensions = {
  PILOT_ENABLE_METADATA_EXCHANGE: "false",
  PILOT_ENABLE_ALPN_FILTER: "false",
};

/** These tests' mesh configuration, without `defaultProviders.metrics`, which needs Istio's own extension. */
const mesh = { trustDomain: "cluster.local", enableAutoMtls: false, enablePrometheusMerge: false };

/** Writes a kubeconfig for `kubernetes` and returns its path. */
export function writeKubeconfig(folder: string, kubernetes: Kubernetes): string {
  const path = join(folder, "kubeconfig");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: kubernetes.url } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  writeFileSync(path, stringify(kubeconfig));
  return path;
}

/** Starts istiod. `more` is merged into its mesh configuration, `env` into its environment. */
export async function startPilot(
  istio: Istio,
  kubernetes: Kubernetes,
  more: object = {},
  env: Record<string, string> = {},
): Promise<Pilot> {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-pilot-"));
  const kubeconfig = writeKubeconfig(folder, kubernetes);
  const meshConfig = join(folder, "mesh.yaml");
  writeFileSync(meshConfig, stringify({ ...mesh, ...more }));
  const [http = 0, xds = 0, monitoring = 0] = await freePorts(3);
  const program = await startProgram({
    name: "istiod",
    command: [
      istio.pilotDiscovery,
      "discovery",
      `--kubeconfig=${kubeconfig}`,
      `--meshConfig=${meshConfig}`,
      `--networksConfig=${join(folder, "none")}`,
      `--httpAddr=127.0.0.1:${http}`,
      "--httpsAddr=",
      `--grpcAddr=127.0.0.1:${xds}`,
      "--secureGRPCAddr=",
      `--monitoringAddr=127.0.0.1:${monitoring}`,
      "--ctrlz_port=0",
    ],
    cwd: folder,
    env: {
      ...withoutIstiosExtensions,
      POD_NAMESPACE: "istio-system",
      POD_NAME: "istiod-0",
      ENABLE_CA_SERVER: "false",
      INJECT_ENABLED: "false",
      XDS_AUTH: "false",
      PILOT_ENABLE_GATEWAY_API: "false",
      PILOT_ENABLE_AMBIENT: "false",
      ...env,
    },
    ready: async () => (await fetch(`http://127.0.0.1:${http}/ready`)).ok,
  });
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...program, xdsPort: xds, stop };
}
