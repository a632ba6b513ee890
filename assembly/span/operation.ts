// The operation of a span, as Istio names it: the route's decorator, else the host and port of the upstream cluster, else
// Envoy Gateway's rule, else the request's authority, else the route's virtual host. Headers that strangers can set are
// skipped, so that the configuration bounds the number of operations.
//
//   outbound|9080|v3|reviews.default.svc.cluster.local    direction|port|subset|host, Istio's cluster names
//   inbound|9080||                                        the host is in the cluster's metadata, the service's port
//                                                         in the virtual host's name, inbound|http|80
//   inbound-vip|9080|http|details.default.svc.cluster.local    in a waypoint
//   httproute/default/shop/rule/0                         Envoy Gateway's cluster names, one of several with /backend/0
import { allocate } from "../bytes/arena";
import { Slice, startsWith, startsWithAny, text } from "../bytes/slice";
import { makeValid } from "../bytes/utf8";
import { DECORATOR_OPERATION, Exchange, publicAuthority } from "./exchange";
import { isIstio, isSidecar, Node } from "./node";

// How far a request's own headers may name its span. Each level includes those above it.
export const NOTHING: u32 = 0;
export const DECORATOR: u32 = 1;
export const AUTHORITY: u32 = 2;

/** The level for each side of a call. */
export class Trust {
  constructor(
    readonly ofClient: u32,
    readonly ofServer: u32,
  ) {}
}

/**
 * The authority names a span only if workloads of the mesh chose it. They are the only callers of an Istio sidecar.
 * Strangers may choose the authority of requests to an Envoy of unknown kind, but requests leaving through it come from
 * its workload. The exception is Istio's gateways, whose listeners are outbound.
 */
export function trustAt(node: Node, trustsIncoming: bool): Trust {
  if (!trustsIncoming) return new Trust(NOTHING, NOTHING);
  let atSidecar = isSidecar(node);
  return new Trust(atSidecar || !isIstio(node) ? AUTHORITY : DECORATOR, atSidecar ? AUTHORITY : DECORATOR);
}

const ISTIO: Slice = text("outbound| inbound| inbound-vip|");
const INBOUND: Slice = text("inbound|");
const INBOUND_HTTP: Slice = text("inbound|http|");
const BAR: u8 = 0x7c;
const COLON: u8 = 0x3a;
const ENVOY_GATEWAY: Slice = text("httproute/ grpcroute/");
const SLASH: u8 = 0x2f;
const ASTERISK: u8 = 0x2a;
const ANY_PATH: Slice = text("/*");
// Envoy's own names for a span about which nothing is known.
const EGRESS: Slice = text("egress");
const INGRESS: Slice = text("ingress");

/** The end of the part of a cluster name that starts at `at`. */
function partEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) !== BAR) at++;
  return at;
}

/** Sets `operation` to `host:port/*`. False if the cluster isn't Istio's or has no host anywhere. */
function fromCluster(exchange: Exchange, operation: Slice): bool {
  let cluster = exchange.cluster;
  if (!startsWithAny(cluster, ISTIO)) return false;
  let end = cluster.at + cluster.size;
  let port = partEnd(cluster.at, end) + 1;
  let portEnd = partEnd(port, end);
  let subsetEnd = portEnd < end ? partEnd(portEnd + 1, end) : end;
  let host = subsetEnd < end ? subsetEnd + 1 : end;
  let hostSize = <u32>(end - host);
  if (hostSize === 0) {
    host = exchange.clusterHost.at;
    hostSize = exchange.clusterHost.size;
    let virtualHost = exchange.virtualHost;
    if (startsWith(virtualHost, INBOUND_HTTP)) {
      // The cluster's own port is the one the application listens on. Callers don't know it.
      port = virtualHost.at + INBOUND_HTTP.size;
      portEnd = virtualHost.at + virtualHost.size;
    }
  }
  if (hostSize === 0) return false;
  let portSize = <u32>(portEnd - port);
  let at = allocate(hostSize + 1 + portSize + ANY_PATH.size);
  memory.copy(at, host, hostSize);
  store<u8>(at + hostSize, COLON);
  memory.copy(at + hostSize + 1, port, portSize);
  memory.copy(at + hostSize + 1 + portSize, ANY_PATH.at, ANY_PATH.size);
  operation.set(at, hostSize + 1 + portSize + ANY_PATH.size);
  return true;
}

/**
 * Sets `operation` to the rule of an Envoy Gateway cluster, `kind/namespace/name/rule/number`. False for other
 * clusters.
 */
function fromRule(cluster: Slice, operation: Slice): bool {
  if (!startsWithAny(cluster, ENVOY_GATEWAY)) return false;
  let end = cluster.at + cluster.size;
  let at = cluster.at;
  for (let parts = 0; at < end; at++) if (load<u8>(at) === SLASH && ++parts === 5) break;
  operation.set(cluster.at, <u32>(at - cluster.at));
  return true;
}

/** Sets `operation` to the virtual host. False if its name says nothing. */
function fromVirtualHost(virtualHost: Slice, operation: Slice): bool {
  if (virtualHost.size === 0 || (virtualHost.size === 1 && load<u8>(virtualHost.at) === ASTERISK)) return false;
  operation.copyFrom(virtualHost);
  return true;
}

function fromAuthority(operation: Slice): bool {
  let authority = publicAuthority();
  operation.copyFrom(authority);
  return authority.size > 0;
}

/** True if the cluster's metadata is worth requesting: for an inbound Istio cluster, whose name has no host. */
export function needsClusterHost(cluster: Slice): bool {
  return startsWith(cluster, INBOUND) && load<u8>(cluster.at + cluster.size - 1) === BAR;
}

/**
 * Sets `operation` to the name of `exchange`, trusting the request up to `trusted`. It's valid UTF-8 and never empty.
 */
export function nameOperation(exchange: Exchange, client: bool, trusted: u32, operation: Slice): void {
  if (trusted >= DECORATOR && DECORATOR_OPERATION.size > 0) {
    operation.copyFrom(DECORATOR_OPERATION);
  } else if (
    !fromCluster(exchange, operation) &&
    !fromRule(exchange.cluster, operation) &&
    !(trusted >= AUTHORITY && fromAuthority(operation)) &&
    !fromVirtualHost(exchange.virtualHost, operation)
  ) {
    operation.set(client ? EGRESS.at : INGRESS.at, client ? EGRESS.size : INGRESS.size);
  }
  makeValid(operation);
}
