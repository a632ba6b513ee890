// Asks the host who this Envoy is, only at configuration.
import { readNode } from "../host/properties";
import { Node } from "../span/node";

export function askNode(): Node {
  let node = new Node();
  node.id = readNode("id");
  node.cluster = readNode("cluster");
  node.zone = readNode("locality\0zone");
  node.canonicalName = label("service.istio.io/canonical-name");
  node.canonicalRevision = label("service.istio.io/canonical-revision");
  node.kubernetesName = label("app.kubernetes.io/name");
  node.kubernetesVersion = label("app.kubernetes.io/version");
  node.app = label("app");
  node.version = label("version");
  node.namespace = readNode("metadata\0NAMESPACE");
  node.workload = readNode("metadata\0WORKLOAD_NAME");
  node.meshId = readNode("metadata\0MESH_ID");
  node.clusterId = readNode("metadata\0CLUSTER_ID");
  return node;
}

function label(name: string): string {
  return readNode("metadata\0LABELS\0" + name);
}
