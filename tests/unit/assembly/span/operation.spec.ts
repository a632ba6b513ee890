import { reset } from "../../../../assembly/bytes/arena";
import { Slice, text, toText } from "../../../../assembly/bytes/slice";
import { carrier } from "../../../../assembly/context/carrier";
import { exchange } from "../../../../assembly/span/exchange";
import { Node } from "../../../../assembly/span/node";
import {
  AUTHORITY as BY_AUTHORITY,
  DECORATOR,
  nameOperation,
  needsClusterHost,
  NOTHING,
  trustAt,
} from "../../../../assembly/span/operation";
import { Bytes, fence, hexOf } from "../bytes";
import { bring, Headers } from "../headers";

const operation = new Slice();

function set(slice: Slice, value: string): void {
  let bytes = text(value);
  slice.set(bytes.at, bytes.size);
}

/** The operation of a request to an upstream cluster, with headers (alternating names and values). */
function operationOf(cluster: string, headers: string[] = [], clusterHost: string = "", client: bool = true): string {
  reset();
  bring(carrier, headers);
  set(exchange.cluster, cluster);
  set(exchange.clusterHost, clusterHost);
  exchange.virtualHost.clear();
  nameOperation(exchange, client, BY_AUTHORITY, operation);
  return toText(operation);
}

const AUTHORITY = [":authority", "reviews:9080"];

describe("the operation", () => {
  it("is the route's decorator, before anything else", () => {
    let headers = ["x-envoy-decorator-operation", "reviews.default.svc.cluster.local:9080/reviews/*"];
    headers = headers.concat(AUTHORITY);
    expect(operationOf("outbound|9080||details.default", headers)).toBe(headers[1]);
  });

  it("is not an empty decorator", () => {
    let headers = ["x-envoy-decorator-operation", ""];
    expect(operationOf("outbound|9080||details.default", headers)).toBe("details.default:9080/*");
  });

  it("is host and port of an outbound cluster", () => {
    expect(operationOf("outbound|9080||reviews.default.svc.cluster.local", AUTHORITY)).toBe(
      "reviews.default.svc.cluster.local:9080/*",
    );
  });

  it("omits the cluster's subset", () => {
    expect(operationOf("outbound|9080|v3|reviews.default.svc.cluster.local", AUTHORITY)).toBe(
      "reviews.default.svc.cluster.local:9080/*",
    );
  });

  it("takes the host of an inbound cluster from its metadata", () => {
    let host = "reviews.default.svc.cluster.local";
    expect(operationOf("inbound|9080||", AUTHORITY, host, false)).toBe("reviews.default.svc.cluster.local:9080/*");
  });

  it("takes the port of an inbound cluster from the virtual host, because callers use that port", () => {
    operationOf("inbound|9080||", AUTHORITY, "reviews.default", false);
    set(exchange.virtualHost, "inbound|http|80");
    nameOperation(exchange, false, BY_AUTHORITY, operation);
    expect(toText(operation)).toBe("reviews.default:80/*");
  });

  it("takes no port from a virtual host of another kind", () => {
    operationOf("inbound|9080||", AUTHORITY, "reviews.default", false);
    let others = ["reviews.default:80", "inbound|tcp|80", "inbound|http", "", "allow_any"];
    for (let i = 0; i < others.length; i++) {
      set(exchange.virtualHost, others[i]);
      nameOperation(exchange, false, BY_AUTHORITY, operation);
      expect(toText(operation)).toBe("reviews.default:9080/*", others[i]);
    }
  });

  it("is the authority for an inbound cluster without metadata", () => {
    expect(operationOf("inbound|9080||", AUTHORITY, "", false)).toBe("reviews:9080");
  });

  it("is the host in the name of an older Istio's inbound cluster, whatever the metadata", () => {
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

  it("is host and port of a waypoint's cluster", () => {
    let host = "details.default.svc.cluster.local";
    expect(operationOf("inbound-vip|9080|http|" + host, AUTHORITY, "", false)).toBe(host + ":9080/*");
    expect(operationOf("inbound-vip|9080||" + host, AUTHORITY, "", false)).toBe(host + ":9080/*");
    expect(operationOf("inbound-vip9080||" + host, AUTHORITY, "", false)).toBe("reviews:9080");
  });

  it("does not take metadata for a cluster that is not Istio's", () => {
    expect(operationOf("reviews", AUTHORITY, "reviews.default.svc.cluster.local")).toBe("reviews:9080");
  });

  it("is Envoy's own name if nothing is known", () => {
    expect(operationOf("", [], "", true)).toBe("egress");
    expect(operationOf("", [], "", false)).toBe("ingress");
    expect(operationOf("inbound|9080||", [], "", false)).toBe("ingress");
    expect(operationOf("reviews", [":authority", ""], "", true)).toBe("egress");
  });

  it("falls back if a cluster's name is truncated", () => {
    let names = ["outbound|", "outbound||", "outbound|||", "outbound|9080", "outbound|9080|", "outbound|9080|v3"];
    names = names.concat(["outbound|9080|v3|", "inbound|", "inbound||", "inbound|||", "inbound|9080|"]);
    for (let i = 0; i < names.length; i++) {
      expect(operationOf(names[i], AUTHORITY)).toBe("reviews:9080", names[i]);
      expect(operationOf(names[i])).toBe("egress", names[i]);
    }
  });

  it("reads no byte past any prefix of a cluster's name", () => {
    let name = text("outbound|9080|v3|reviews.default.svc.cluster.local");
    let wrong = "";
    for (let size: u32 = 0; size <= name.size; size++) {
      reset();
      bring(carrier, []);
      exchange.cluster.set(fence(name.at, size), size);
      exchange.clusterHost.clear();
      exchange.virtualHost.clear();
      nameOperation(exchange, true, BY_AUTHORITY, operation);
      let expected = size > 17 ? toText(exchange.cluster).substring(17) + ":9080/*" : "egress";
      if (toText(operation) !== expected) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("is valid UTF-8, whatever the authority", () => {
    reset();
    new Headers().add(":authority", new Bytes().hex("61 ff 62")).bring(carrier);
    exchange.cluster.clear();
    nameOperation(exchange, true, BY_AUTHORITY, operation);
    expect(hexOf(operation.at, operation.size)).toBe("61 ef bf bd 62");
  });

  it("is valid UTF-8, whatever the decorator", () => {
    reset();
    new Headers().add("x-envoy-decorator-operation", new Bytes().hex("c3")).bring(carrier);
    nameOperation(exchange, true, BY_AUTHORITY, operation);
    expect(hexOf(operation.at, operation.size)).toBe("ef bf bd");
  });
});

/** The operation for this virtual host and cluster if strangers may call. */
function strangersOperation(
  virtualHost: string,
  cluster: string,
  trusted: u32 = NOTHING,
  client: bool = false,
): string {
  reset();
  bring(carrier, [":authority", "stranger.example", "x-envoy-decorator-operation", "theirs"]);
  set(exchange.cluster, cluster);
  exchange.clusterHost.clear();
  set(exchange.virtualHost, virtualHost);
  nameOperation(exchange, client, trusted, operation);
  return toText(operation);
}

/** The same for a request without a decorator. */
function undecorated(virtualHost: string, cluster: string, client: bool = false): string {
  strangersOperation(virtualHost, cluster);
  bring(carrier, [":authority", "stranger.example"]);
  nameOperation(exchange, client, DECORATOR, operation);
  return toText(operation);
}

describe("the operation if strangers choose the authority", () => {
  it("is the virtual host's name", () => {
    expect(undecorated("shop", "backend")).toBe("shop");
    expect(undecorated("shop", "")).toBe("shop");
    expect(undecorated("default/eg/http/*", "")).toBe("default/eg/http/*");
    expect(undecorated("blackhole:80", "", true)).toBe("blackhole:80");
  });

  it("is Envoy's own name if the virtual host has no name", () => {
    expect(undecorated("", "backend")).toBe("ingress");
    expect(undecorated("*", "backend")).toBe("ingress");
    expect(undecorated("*", "", true)).toBe("egress");
  });

  it("is host and port of Istio's clusters, as elsewhere", () => {
    expect(undecorated("any", "outbound|9080||reviews.default", true)).toBe("reviews.default:9080/*");
    expect(undecorated("any", "inbound|9080||")).toBe("any");
  });

  it("is Envoy Gateway's rule, however many backends it has", () => {
    expect(undecorated("any", "httproute/default/shop/rule/0")).toBe("httproute/default/shop/rule/0");
    expect(undecorated("any", "httproute/default/shop/rule/12/backend/1")).toBe("httproute/default/shop/rule/12");
    expect(undecorated("any", "grpcroute/default/shop/rule/0")).toBe("grpcroute/default/shop/rule/0");
    expect(undecorated("any", "httproute/default/shop/rule/0", true)).toBe("httproute/default/shop/rule/0");
    expect(undecorated("any", "httproute/")).toBe("httproute/");
    expect(undecorated("any", "httproute")).toBe("any");
    expect(undecorated("any", "an httproute/default/shop/rule/0")).toBe("any");
  });

  it("is a decorator only if callers are trusted", () => {
    expect(strangersOperation("shop", "outbound|9080||reviews.default", NOTHING)).toBe("reviews.default:9080/*");
    expect(strangersOperation("shop", "backend", NOTHING)).toBe("shop");
    expect(strangersOperation("shop", "backend", DECORATOR)).toBe("theirs");
    expect(strangersOperation("shop", "backend", BY_AUTHORITY)).toBe("theirs");
  });

  it("reads no byte past any prefix of a rule's name", () => {
    let name = text("httproute/default/shop/rule/0/backend/0");
    let wrong = "";
    for (let size: u32 = 0; size <= name.size; size++) {
      undecorated("shop", "");
      exchange.cluster.set(fence(name.at, size), size);
      nameOperation(exchange, false, NOTHING, operation);
      let expected = size < 10 ? "shop" : toText(exchange.cluster).substring(0, 29);
      if (toText(operation) !== expected) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("is valid UTF-8, whatever the virtual host's name", () => {
    undecorated("", "");
    let name = new Bytes().hex("61 ff");
    exchange.virtualHost.set(name.at, name.size);
    nameOperation(exchange, false, NOTHING, operation);
    expect(hexOf(operation.at, operation.size)).toBe("61 ef bf bd");
  });
});

function trust(id: string, trustsIncoming: bool = true): string {
  let node = new Node();
  node.id = id;
  let trust = trustAt(node, trustsIncoming);
  return trust.ofClient.toString() + " " + trust.ofServer.toString();
}

describe("a request's own claims", () => {
  it("may name both kinds of spans at an Istio sidecar", () => {
    expect(trust("sidecar~10.0.0.5~reviews-v1.default~default.svc.cluster.local")).toBe("2 2");
  });

  it("may not name them by authority at Istio's gateways and waypoints", () => {
    expect(trust("router~10.0.0.5~gateway.istio-system~istio-system.svc.cluster.local")).toBe("1 1");
    expect(trust("waypoint~10.0.0.5~waypoint.default~default.svc.cluster.local")).toBe("1 1");
  });

  it("may name only client spans by authority at any other Envoy", () => {
    let ids = ["front-proxy", "", "sidecar", "sidecar~front", "sidecar~1~2~3~4", "a sidecar~1~2~3~4"];
    for (let i = 0; i < ids.length; i++) expect(trust(ids[i])).toBe("2 1", ids[i]);
  });

  it("may name nothing if incoming headers are not trusted", () => {
    expect(trust("sidecar~10.0.0.5~reviews-v1.default~default.svc.cluster.local", false)).toBe("0 0");
    expect(trust("front-proxy", false)).toBe("0 0");
  });
});

describe("asking for the cluster's host", () => {
  it("is necessary for an inbound cluster whose name has none", () => {
    expect(needsClusterHost(text("inbound|9080||"))).toBe(true);
    expect(needsClusterHost(text("inbound|"))).toBe(true);
  });

  it("is unnecessary for one whose name has it, and for any other cluster", () => {
    expect(needsClusterHost(text("inbound|9080|http|reviews.default"))).toBe(false);
    expect(needsClusterHost(text("outbound|9080||reviews.default"))).toBe(false);
    expect(needsClusterHost(text("outbound|9080||"))).toBe(false);
    expect(needsClusterHost(text("reviews"))).toBe(false);
    expect(needsClusterHost(text(""))).toBe(false);
  });
});
