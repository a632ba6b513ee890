import { reset } from "../../../../assembly/bytes/arena";
import { Slice, text, toText } from "../../../../assembly/bytes/slice";
import { carrier } from "../../../../assembly/context/carrier";
import { exchange } from "../../../../assembly/span/exchange";
import { nameOperation, needsClusterHost } from "../../../../assembly/span/operation";
import { Bytes, fence, hexOf } from "../bytes";
import { bring, Headers } from "../headers";

const operation = new Slice();

function set(slice: Slice, value: string): void {
  let bytes = text(value);
  slice.set(bytes.at, bytes.size);
}

/** The operation of a request to an upstream cluster, with headers (names and values in turn). */
function operationOf(cluster: string, headers: string[] = [], clusterHost: string = "", client: bool = true): string {
  reset();
  bring(carrier, headers);
  set(exchange.cluster, cluster);
  set(exchange.clusterHost, clusterHost);
  exchange.virtualHost.clear();
  nameOperation(exchange, client, operation);
  return toText(operation);
}

const AUTHORITY = [":authority", "reviews:9080"];

describe("the operation", () => {
  it("is what the route's decorator says, before all else", () => {
    let headers = ["x-envoy-decorator-operation", "reviews.default.svc.cluster.local:9080/reviews/*"];
    headers = headers.concat(AUTHORITY);
    expect(operationOf("outbound|9080||details.default", headers)).toBe(headers[1]);
  });

  it("is not what an empty decorator says", () => {
    let headers = ["x-envoy-decorator-operation", ""];
    expect(operationOf("outbound|9080||details.default", headers)).toBe("details.default:9080/*");
  });

  it("is host and port of an outbound cluster", () => {
    expect(operationOf("outbound|9080||reviews.default.svc.cluster.local", AUTHORITY)).toBe(
      "reviews.default.svc.cluster.local:9080/*",
    );
  });

  it("does not tell of the cluster's subset", () => {
    expect(operationOf("outbound|9080|v3|reviews.default.svc.cluster.local", AUTHORITY)).toBe(
      "reviews.default.svc.cluster.local:9080/*",
    );
  });

  it("takes the host of an inbound cluster from its metadata", () => {
    let host = "reviews.default.svc.cluster.local";
    expect(operationOf("inbound|9080||", AUTHORITY, host, false)).toBe("reviews.default.svc.cluster.local:9080/*");
  });

  it("takes the port of an inbound cluster from the virtual host, which callers know it by", () => {
    operationOf("inbound|9080||", AUTHORITY, "reviews.default", false);
    set(exchange.virtualHost, "inbound|http|80");
    nameOperation(exchange, false, operation);
    expect(toText(operation)).toBe("reviews.default:80/*");
  });

  it("takes no port from a virtual host of another kind", () => {
    operationOf("inbound|9080||", AUTHORITY, "reviews.default", false);
    let others = ["reviews.default:80", "inbound|tcp|80", "inbound|http", "", "allow_any"];
    for (let i = 0; i < others.length; i++) {
      set(exchange.virtualHost, others[i]);
      nameOperation(exchange, false, operation);
      expect(toText(operation)).toBe("reviews.default:9080/*", others[i]);
    }
  });

  it("is the authority for an inbound cluster without metadata", () => {
    expect(operationOf("inbound|9080||", AUTHORITY, "", false)).toBe("reviews:9080");
  });

  it("is the host in the name of an inbound cluster of older Istio, whatever the metadata say", () => {
    expect(operationOf("inbound|9080|http|reviews.default.svc.cluster.local", [], "other", false)).toBe(
      "reviews.default.svc.cluster.local:9080/*",
    );
  });

  it("is the authority for a cluster that is not Istio's", () => {
    expect(operationOf("reviews", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("PassthroughCluster", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("outbound_.9080_._.reviews.default", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("outbound", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("Outbound|9080||reviews", AUTHORITY)).toBe("reviews:9080");
    expect(operationOf("an outbound|9080||reviews", AUTHORITY)).toBe("reviews:9080");
  });

  it("does not take metadata for a cluster that is not Istio's", () => {
    expect(operationOf("reviews", AUTHORITY, "reviews.default.svc.cluster.local")).toBe("reviews:9080");
  });

  it("is Envoy's own name where nothing is known", () => {
    expect(operationOf("", [], "", true)).toBe("egress");
    expect(operationOf("", [], "", false)).toBe("ingress");
    expect(operationOf("inbound|9080||", [], "", false)).toBe("ingress");
    expect(operationOf("reviews", [":authority", ""], "", true)).toBe("egress");
  });

  it("falls back from a cluster's name that breaks off", () => {
    let names = ["outbound|", "outbound||", "outbound|||", "outbound|9080", "outbound|9080|", "outbound|9080|v3"];
    names = names.concat(["outbound|9080|v3|", "inbound|", "inbound||", "inbound|||", "inbound|9080|"]);
    for (let i = 0; i < names.length; i++) {
      expect(operationOf(names[i], AUTHORITY)).toBe("reviews:9080", names[i]);
      expect(operationOf(names[i])).toBe("egress", names[i]);
    }
  });

  it("reads no byte behind any beginning of a cluster's name", () => {
    let name = text("outbound|9080|v3|reviews.default.svc.cluster.local");
    let wrong = "";
    for (let size: u32 = 0; size <= name.size; size++) {
      reset();
      bring(carrier, []);
      exchange.cluster.set(fence(name.at, size), size);
      exchange.clusterHost.clear();
      exchange.virtualHost.clear();
      nameOperation(exchange, true, operation);
      let expected = size > 17 ? toText(exchange.cluster).substring(17) + ":9080/*" : "egress";
      if (toText(operation) !== expected) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("is valid UTF-8, whatever the authority is", () => {
    reset();
    new Headers().add(":authority", new Bytes().hex("61 ff 62")).bring(carrier);
    exchange.cluster.clear();
    nameOperation(exchange, true, operation);
    expect(hexOf(operation.at, operation.size)).toBe("61 ef bf bd 62");
  });

  it("is valid UTF-8, whatever the decorator says", () => {
    reset();
    new Headers().add("x-envoy-decorator-operation", new Bytes().hex("c3")).bring(carrier);
    nameOperation(exchange, true, operation);
    expect(hexOf(operation.at, operation.size)).toBe("ef bf bd");
  });
});

describe("asking for the cluster's host", () => {
  it("is worth it for an inbound cluster whose name has none", () => {
    expect(needsClusterHost(text("inbound|9080||"))).toBe(true);
    expect(needsClusterHost(text("inbound|"))).toBe(true);
  });

  it("is not for one whose name has it, nor for any other cluster", () => {
    expect(needsClusterHost(text("inbound|9080|http|reviews.default"))).toBe(false);
    expect(needsClusterHost(text("outbound|9080||reviews.default"))).toBe(false);
    expect(needsClusterHost(text("outbound|9080||"))).toBe(false);
    expect(needsClusterHost(text("reviews"))).toBe(false);
    expect(needsClusterHost(text(""))).toBe(false);
  });
});
