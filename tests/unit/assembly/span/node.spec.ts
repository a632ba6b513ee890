import { toText } from "../../../../assembly/bytes/slice";
import { constantTags, Node, serviceOf, versionOf } from "../../../../assembly/span/node";
import { ConstantTag } from "../../../../assembly/span/span";

/** The sidecar of the design's story. */
function reviews(): Node {
  let node = new Node();
  node.id = "sidecar~172.17.0.17~reviews-v3-78f7bbb948-2mb96.default~default.svc.cluster.local";
  node.cluster = "reviews.default";
  node.zone = "eu-west-1a";
  node.canonicalName = "reviews";
  node.canonicalRevision = "v3";
  node.kubernetesName = "reviews-app";
  node.kubernetesVersion = "3.0";
  node.app = "reviews-label";
  node.version = "3";
  node.namespace = "default";
  node.workload = "reviews-v3";
  node.meshId = "cluster.local";
  node.clusterId = "Kubernetes";
  return node;
}

function told(tags: ConstantTag[]): string {
  let lines: string[] = [];
  for (let i = 0; i < tags.length; i++) lines.push(toText(tags[i].name) + "=" + toText(tags[i].value));
  return lines.join("\n");
}

describe("the service", () => {
  it("is the node's cluster, before any label", () => {
    let node = reviews();
    expect(serviceOf(node)).toBe("reviews.default");
    node.cluster = "reviews-cluster";
    expect(serviceOf(node)).toBe("reviews-cluster");
  });

  it("is a label or the workload if there is no cluster, in Istio's order", () => {
    let node = reviews();
    node.cluster = "";
    expect(serviceOf(node)).toBe("reviews.default");
    node.canonicalName = "";
    expect(serviceOf(node)).toBe("reviews-app.default");
    node.kubernetesName = "";
    expect(serviceOf(node)).toBe("reviews-label.default");
    node.app = "";
    expect(serviceOf(node)).toBe("reviews-v3.default");
  });

  it("has no namespace if none is known", () => {
    let node = reviews();
    node.cluster = "";
    node.namespace = "";
    expect(serviceOf(node)).toBe("reviews");
  });

  it("is unknown if nothing is known, whatever the namespace", () => {
    let node = new Node();
    expect(serviceOf(node)).toBe("unknown");
    node.namespace = "default";
    expect(serviceOf(node)).toBe("unknown");
  });
});

describe("the version", () => {
  it("is a label, in Istio's order", () => {
    let node = reviews();
    expect(versionOf(node)).toBe("v3");
    node.canonicalRevision = "";
    expect(versionOf(node)).toBe("3.0");
    node.kubernetesVersion = "";
    expect(versionOf(node)).toBe("3");
  });

  it("is empty if no label has it", () => {
    let node = reviews();
    node.canonicalRevision = "";
    node.kubernetesVersion = "";
    node.version = "";
    expect(versionOf(node)).toBe("");
  });
});

describe("the constant tags", () => {
  it("contain everything known about an Istio sidecar", () => {
    expect(told(constantTags(reviews(), "v3"))).toBe(
      "node_id=sidecar~172.17.0.17~reviews-v3-78f7bbb948-2mb96.default~default.svc.cluster.local\n" +
        "zone=eu-west-1a\n" +
        "component=proxy\n" +
        "version=v3\n" +
        "istio.canonical_revision=v3\n" +
        "istio.canonical_service=reviews\n" +
        "istio.workload=reviews-v3\n" +
        "istio.mesh_id=cluster.local\n" +
        "istio.namespace=default\n" +
        "istio.cluster_id=Kubernetes",
    );
  });

  it("have Istio's own defaults for unknown values of a sidecar", () => {
    let node = new Node();
    node.id = "router~10.0.0.5~ingress.istio-system~istio-system.svc.cluster.local";
    expect(told(constantTags(node, ""))).toBe(
      "node_id=router~10.0.0.5~ingress.istio-system~istio-system.svc.cluster.local\n" +
        "component=proxy\n" +
        "istio.canonical_revision=latest\n" +
        "istio.canonical_service=unknown\n" +
        "istio.mesh_id=unknown\n" +
        "istio.namespace=default\n" +
        "istio.cluster_id=unknown",
    );
  });

  it("contain nothing about Istio for another node, whatever its name", () => {
    let ids = ["front-proxy", "a~b~c", "a~b~c~d~e", "~~", "~~~~", ""];
    for (let i = 0; i < ids.length; i++) {
      let node = reviews();
      node.id = ids[i];
      expect(told(constantTags(node, "v3")).includes("istio.")).toBe(false, ids[i]);
    }
  });

  it("omit empty values", () => {
    expect(told(constantTags(new Node(), ""))).toBe("component=proxy");
  });

  it("have the given version, not the label", () => {
    let node = reviews();
    node.id = "plain";
    node.zone = "";
    expect(told(constantTags(node, "2024-11-23"))).toBe("node_id=plain\ncomponent=proxy\nversion=2024-11-23");
  });
});
