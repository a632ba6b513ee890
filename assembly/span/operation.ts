// The operation that a span is named after, as Istio names it: what the route's decorator says, else the host and port of
// the upstream cluster, else the request's authority.
//
//   outbound|9080|v3|reviews.default.svc.cluster.local    direction|port|subset|host, Istio's cluster names
//   inbound|9080||                                        the host stands in the cluster's metadata, the port of the
//                                                         service in the virtual host's name, inbound|http|80
import { allocate } from "../bytes/arena";
import { Slice, startsWith, text } from "../bytes/slice";
import { makeValid } from "../bytes/utf8";
import { DECORATOR_OPERATION, Exchange, publicAuthority } from "./exchange";

const OUTBOUND: Slice = text("outbound|");
const INBOUND: Slice = text("inbound|");
const INBOUND_HTTP: Slice = text("inbound|http|");
const BAR: u8 = 0x7c;
const COLON: u8 = 0x3a;
const ANY_PATH: Slice = text("/*");
// Envoy's own names for a span of which nothing is known.
const EGRESS: Slice = text("egress");
const INGRESS: Slice = text("ingress");

/** The end of the part of a cluster name that begins at `at`. */
function partEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) !== BAR) at++;
  return at;
}

/** `host:port/*` into `operation`; false if the cluster is not one of Istio's or has no host anywhere. */
function fromCluster(exchange: Exchange, operation: Slice): bool {
  let cluster = exchange.cluster;
  if (!startsWith(cluster, OUTBOUND) && !startsWith(cluster, INBOUND)) return false;
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
      // The cluster's own port is the one that the application listens on, which callers do not know.
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

/** True if the cluster's metadata are worth asking for: an inbound cluster of Istio's, whose name ends without a host. */
export function needsClusterHost(cluster: Slice): bool {
  return startsWith(cluster, INBOUND) && load<u8>(cluster.at + cluster.size - 1) === BAR;
}

/** Names the operation of `exchange`; valid UTF-8 and never empty. */
export function nameOperation(exchange: Exchange, client: bool, operation: Slice): void {
  if (DECORATOR_OPERATION.size > 0) operation.set(DECORATOR_OPERATION.at, DECORATOR_OPERATION.size);
  else if (!fromCluster(exchange, operation)) {
    let authority = publicAuthority();
    if (authority.size > 0) operation.set(authority.at, authority.size);
    else operation.set(client ? EGRESS.at : INGRESS.at, client ? EGRESS.size : INGRESS.size);
  }
  makeValid(operation);
}
