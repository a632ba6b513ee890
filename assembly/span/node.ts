// This Envoy's identity: the node in its bootstrap, and the service, version and constant tags derived from it. Used
// only during configuration, so it favours clear strings over speed. It doesn't call the host: filter/ fills in the
// Node.
import { Slice, text } from "../bytes/slice";
import * as names from "./names";
import { ConstantTag } from "./span";

/** The node in Envoy's bootstrap with Istio's metadata; "" = absent. */
export class Node {
  /** node.id; in Istio `type~ip~pod.namespace~domain`. */
  id: string = "";
  /** node.cluster; in Istio `app.namespace`. */
  cluster: string = "";
  /** node.locality.zone */
  zone: string = "";
  // From node.metadata.LABELS:
  canonicalName: string = "";
  canonicalRevision: string = "";
  kubernetesName: string = "";
  kubernetesVersion: string = "";
  app: string = "";
  version: string = "";
  // From node.metadata:
  namespace: string = "";
  workload: string = "";
  meshId: string = "";
  clusterId: string = "";
}

function either(value: string, fallback: string): string {
  return value.length > 0 ? value : fallback;
}

/** The service of the spans: node.cluster, else Istio's labels in Istio's order, else `unknown`. */
export function serviceOf(node: Node): string {
  if (node.cluster.length > 0) return node.cluster;
  let name = either(either(either(node.canonicalName, node.kubernetesName), node.app), node.workload);
  if (name.length === 0) return "unknown";
  return node.namespace.length > 0 ? name + "." + node.namespace : name;
}

/** The version label, in Istio's order of precedence (istio/istio pkg/kube/labels); "" if the workload has none. */
export function versionOf(node: Node): string {
  return either(either(node.canonicalRevision, node.kubernetesVersion), node.version);
}

/** True if the node id has four parts, as Istio's do. Nodes of other control planes get no istio.* tags. */
export function isIstio(node: Node): bool {
  let parts = 1;
  for (let i = node.id.indexOf("~"); i >= 0; i = node.id.indexOf("~", i + 1)) parts++;
  return parts === 4;
}

/** True beside a workload, false in a gateway or a waypoint. */
export function isSidecar(node: Node): bool {
  return node.id.indexOf("sidecar~") === 0 && isIstio(node);
}

/** Adds a tag unless its value is empty. */
function add(tags: ConstantTag[], name: Slice, value: string): void {
  if (value.length > 0) tags.push(new ConstantTag(name, text(value)));
}

/** The tags of every span of this node, except `span.kind`. If `version` is "", that tag is left out. */
export function constantTags(node: Node, version: string): ConstantTag[] {
  let tags = new Array<ConstantTag>();
  add(tags, names.NODE_ID, node.id);
  add(tags, names.ZONE, node.zone);
  add(tags, names.COMPONENT, "proxy");
  add(tags, names.VERSION, version);
  if (!isIstio(node)) return tags;
  add(tags, names.ISTIO_CANONICAL_REVISION, either(node.canonicalRevision, "latest"));
  add(tags, names.ISTIO_CANONICAL_SERVICE, either(node.canonicalName, "unknown"));
  add(tags, names.ISTIO_WORKLOAD, node.workload);
  add(tags, names.ISTIO_MESH_ID, either(node.meshId, "unknown"));
  add(tags, names.ISTIO_NAMESPACE, either(node.namespace, "default"));
  add(tags, names.ISTIO_CLUSTER_ID, either(node.clusterId, "unknown"));
  return tags;
}
