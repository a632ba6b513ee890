// Bookinfo as Kubernetes and Istio objects: pods, services, endpoints, and the Sidecars that replace iptables on one
// machine. Everything follows from the topology. Knows how the objects are written, not who reads them.
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Endpoint } from "../../runner/config/cluster.ts";
import { labelsOf, type Workload } from "../../runner/config/node.ts";
import { services, type ServiceName } from "../../demo/topology.ts";
import type { KubeObject } from "./kubernetes.ts";
import type { Istio } from "./tools.ts";

/** All documents in a YAML text. */
export function objectsIn(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

/** The objects of every cluster in these tests: Istio's resource definitions, namespaces, a node, and mTLS off. */
export function clusterWide(istio: Istio): KubeObject[] {
  const namespaces = ["default", "istio-system", "observability"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
  }));
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "node-1",
      labels: { "topology.kubernetes.io/region": "region-1", "topology.kubernetes.io/zone": "zone-1" },
    },
  };
  // istiod issues no certificates here, because no agent asks for them.
  const plainText = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: "istio-system" },
    spec: { mtls: { mode: "DISABLE" } },
  };
  return [...objectsIn(readFileSync(istio.crds, "utf8")), ...namespaces, node, plainText];
}

/** Istio's own sample, unchanged, with the fields that the API server would fill in. */
export function bookinfoServices(istio: Istio): KubeObject[] {
  return objectsIn(readFileSync(istio.bookinfo, "utf8"))
    .filter(({ kind }) => kind === "Service")
    .map((service, i) => completeService(service, `10.96.0.${i + 1}`));
}

function completeService(service: KubeObject, clusterIP: string): KubeObject {
  const { ports, ...spec } = service.spec as { ports: { port: number }[] };
  const complete = ports.map((port) => ({ protocol: "TCP", targetPort: port.port, ...port }));
  return { ...service, spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports: complete, ...spec } };
}

/** A pod and its endpoint in its service, if it has one. */
export function podOf(workload: Workload, labels = labelsOf(workload)): KubeObject[] {
  const { name, pod, namespace, app, ip, serviceAccount } = workload;
  const objects: KubeObject[] = [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: pod,
        namespace,
        labels,
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", controller: true, name: pod.replace(/-[^-]+$/, ""), uid: name },
        ],
      },
      spec: { nodeName: "node-1", serviceAccountName: serviceAccount, containers: [{ name: app, image: app }] },
      status: {
        phase: "Running",
        podIP: ip,
        podIPs: [{ ip }],
        conditions: [{ type: "Ready", status: "True" }],
      },
    },
  ];
  const service = services[app as ServiceName] as { port: number } | undefined;
  if (service !== undefined) objects.push(endpointOf(app, namespace, name, { host: ip, port: service.port }, { pod }));
  return objects;
}

/** A service with one endpoint that is not a pod of the mesh. */
export function outsider(name: string, namespace: string, port: number, at: Endpoint, portName = "http"): KubeObject[] {
  const service = completeService(
    { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { ports: [{ name: portName, port }] } },
    "10.96.0.100",
  );
  return [service, endpointOf(name, namespace, name, at, { portName })];
}

function endpointOf(
  service: string,
  namespace: string,
  name: string,
  at: Endpoint,
  { pod, portName = "http" }: { pod?: string; portName?: string },
): KubeObject {
  const targetRef = pod === undefined ? {} : { targetRef: { kind: "Pod", name: pod, namespace } };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    endpoints: [{ addresses: [at.host], conditions: { ready: true, serving: true }, nodeName: "node-1", ...targetRef }],
    ports: [{ name: portName, port: at.port, protocol: "TCP" }],
  };
}

/** Where a workload's sidecar listens and forwards to, without iptables. */
export interface Ports {
  /** The pod's address and the port for requests to it. */
  inbound: Endpoint;
  app: Endpoint;
  /** Where the application's own calls go. */
  outbound: Endpoint;
}

/** The Sidecar that makes a workload's proxy listen on these ports. `sees` are hosts, as in a Sidecar's egress. */
export function sidecarOf(workload: Workload, { inbound, app, outbound }: Ports, sees: string[]): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: workload.name, namespace: workload.namespace },
    spec: {
      workloadSelector: { labels: { app: workload.app, version: workload.version } },
      ingress: [
        {
          bind: inbound.host,
          port: { number: inbound.port, name: "http", protocol: "HTTP" },
          captureMode: "NONE",
          defaultEndpoint: `${app.host}:${app.port}`,
        },
      ],
      egress: [
        {
          bind: outbound.host,
          port: { number: outbound.port, name: "http", protocol: "HTTP" },
          captureMode: "NONE",
          hosts: ["./*"],
        },
        // A Sidecar's listeners determine the clusters; nobody uses this listener itself.
        ...sees.map((host) => ({
          bind: outbound.host,
          port: { number: Number(host.split(":")[1]), name: "http-other", protocol: "HTTP" },
          captureMode: "NONE",
          hosts: [host.split(":")[0]],
        })),
      ],
    },
  };
}
