// The identity of an Envoy in Istio's words: node id, cluster and metadata, as pilot-agent writes them for a pod. Knows only who a
// workload is; refuses to know what it calls or serves.
import type { Config } from "./bootstrap.ts";

/** One pod, as Kubernetes and Istio name it. */
export interface Workload {
  /** The deployment, such as `reviews-v3`. */
  name: string;
  pod: string;
  namespace: string;
  app: string;
  /** Gateways have none. */
  version?: string;
  /** The pod's address, on loopback, as in the node id. */
  ip: string;
  serviceAccount: string;
}

/** The labels of a pod, with the canonical ones that Istio's injector adds. */
export function labelsOf(workload: Workload): Record<string, string> {
  return {
    app: workload.app,
    ...(workload.version === undefined ? {} : { version: workload.version }),
    "service.istio.io/canonical-name": workload.app,
    "service.istio.io/canonical-revision": workload.version ?? "latest",
  };
}

/** The `node` of a bootstrap: `sidecar` beside an application, `router` for a gateway. */
export function istioNode(kind: "sidecar" | "router", workload: Workload): Config {
  const { name, pod, namespace, app, ip, serviceAccount } = workload;
  return {
    id: `${kind}~${ip}~${pod}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${app}.${namespace}`,
    locality: { region: "region-1", zone: "zone-1" },
    metadata: {
      NAME: pod,
      NAMESPACE: namespace,
      LABELS: labelsOf(workload),
      WORKLOAD_NAME: name,
      OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      SERVICE_ACCOUNT: serviceAccount,
      MESH_ID: "cluster.local",
      CLUSTER_ID: "Kubernetes",
      INSTANCE_IPS: ip,
      ISTIO_VERSION: "1.31.0",
    },
  };
}
