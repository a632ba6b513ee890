// Who this Envoy is: what its bootstrap says of the node, and the service, version and unchanging tags that follow.
// Read once, at configuration; strings, because clarity beats speed there. It asks no host: filter/ fills in the Node.
import { text } from "../bytes/slice";
import * as names from "./names";
import { ConstantTag } from "./span";

/** The node of Envoy's bootstrap with Istio's metadata; "" = absent. */
export class Node {
  /** node.id, in Istio `type~ip~pod.namespace~domain`. */
  id: string = "";
  /** node.cluster, in Istio `app.namespace`. */
  cluster: string = "";
  /** node.locality.zone */
  zone: string = "";
  // Of node.metadata.LABELS:
  canonicalName: string = "";
  canonicalRevision: string = "";
  kubernetesName: string = "";
  kubernetesVersion: string = "";
  app: string = "";
  version: string = "";
  // Of node.metadata:
  namespace: string = "";
  workload: string = "";
  meshId: string = "";
  clusterId: string = "";
}

function firstOf(values: string[]): string {
  for (let i = 0; i < values.length; i++) if (values[i].length > 0) return values[i];
  return "";
}

/** The service that the spans belong to: node.cluster, else Istio's labels in Istio's order, else `unknown`. */
export function serviceOf(node: Node): string {
  if (node.cluster.length > 0) return node.cluster;
  let name = firstOf([node.canonicalName, node.kubernetesName, node.app, node.workload]);
  if (name.length === 0) return "unknown";
  return node.namespace.length > 0 ? name + "." + node.namespace : name;
}

/** The version label, in Istio's order of precedence (istio/istio pkg/kube/labels); "" if the workload has none. */
export function versionOf(node: Node): string {
  return firstOf([node.canonicalRevision, node.kubernetesVersion, node.version]);
}

/** Istio's node ids have four parts; others come from other control planes and get no istio.* tags. */
export function isIstio(node: Node): bool {
  let parts = 1;
  for (let i = node.id.indexOf("~"); i >= 0; i = node.id.indexOf("~", i + 1)) parts++;
  return parts === 4;
}

/** True beside a workload, false in a gateway or a waypoint. */
export function isSidecar(node: Node): bool {
  return node.id.indexOf("sidecar~") === 0 && isIstio(node);
}

/** The tags that every span of this node has, but for `span.kind`; `version` "" leaves that tag out. */
export function constantTags(node: Node, version: string): ConstantTag[] {
  let tags = new Array<ConstantTag>();
  if (node.id.length > 0) tags.push(new ConstantTag(names.NODE_ID, text(node.id)));
  if (node.zone.length > 0) tags.push(new ConstantTag(names.ZONE, text(node.zone)));
  tags.push(new ConstantTag(names.COMPONENT, text("proxy")));
  if (version.length > 0) tags.push(new ConstantTag(names.VERSION, text(version)));
  if (!isIstio(node)) return tags;
  tags.push(new ConstantTag(names.ISTIO_CANONICAL_REVISION, text(firstOf([node.canonicalRevision, "latest"]))));
  tags.push(new ConstantTag(names.ISTIO_CANONICAL_SERVICE, text(firstOf([node.canonicalName, "unknown"]))));
  if (node.workload.length > 0) tags.push(new ConstantTag(names.ISTIO_WORKLOAD, text(node.workload)));
  tags.push(new ConstantTag(names.ISTIO_MESH_ID, text(firstOf([node.meshId, "unknown"]))));
  tags.push(new ConstantTag(names.ISTIO_NAMESPACE, text(firstOf([node.namespace, "default"]))));
  tags.push(new ConstantTag(names.ISTIO_CLUSTER_ID, text(firstOf([node.clusterId, "unknown"]))));
  return tags;
}
