// Asks the host what happened on the stream that has just ended. Each question is a costly crossing, so none is asked for
// a stream that makes no span. The request headers are in the carrier already.
import { Fixed } from "../bytes/fixed";
import { isSame, over, Slice, startsWithAny, text } from "../bytes/slice";
import { carrier } from "../context/carrier";
import { nowMs } from "../host/clock";
import { readHeader, RESPONSE, RESPONSE_TRAILERS } from "../host/headers";
import { readProperty } from "../host/properties";
import { Exchange } from "../span/exchange";
import { isGrpcError } from "../span/grpc";
import { needsClusterHost } from "../span/operation";
import * as attributes from "./attributes";
import { answer, ask, number, Question } from "./attributes";

/** envoy.config.core.v3.TrafficDirection; UNSPECIFIED counts as inbound, as for Envoy's tracers. */
const OUTBOUND: u64 = 2;
const CLUSTER_HOST: Slice = text("xds\0cluster_metadata\0filter_metadata\0istio\0services\x000\0host");
const VIRTUAL_HOST: Slice = text("xds\0virtual_host_name");
const RESPONSE_CODE_DETAILS: Slice = text("response\0code_details");
// Prefixes of the details of answers that Envoy's tracer ignores (Envoy: "Response Code Details").
const UNTRACED: Slice = text(
  "missing_ absolute_path_ path_normalization_ rejecting_because_ upgrade_failed health_check_",
);
const GRPC_STATUS: Slice = text("grpc-status");
const GRPC_MESSAGE: Slice = text("grpc-message");

const UPSTREAM_ADDRESS: Slice = text("upstream\0address");

const value = Fixed.record<Slice>();

function take(into: Slice, place: usize): void {
  let value = answer(place);
  into.copyFrom(value);
}

/** Fills in `exchange` by the `question` from attributes.prepare(). Header maps are readable only if the stream `isLogged`. */
export function askExchange(exchange: Exchange, question: Question, isLogged: bool): void {
  ask(question);
  exchange.startNanos = number(attributes.REQUEST_TIME);
  exchange.durationNanos = number(attributes.REQUEST_DURATION) || sinceNanos(exchange.startNanos);
  // Counts the body bytes that came; request.size would repeat the content-length. In the log the total includes the headers.
  let total = number(attributes.REQUEST_TOTAL_SIZE);
  let headers = isLogged ? carrier.total : 0;
  exchange.requestBytes = total > headers ? total - headers : 0;
  exchange.responseBytes = number(attributes.RESPONSE_SIZE);
  exchange.statusCode = <u32>number(attributes.RESPONSE_CODE);
  exchange.responseFlags = number(attributes.RESPONSE_FLAGS);
  exchange.isOutbound = number(attributes.LISTENER_DIRECTION) === OUTBOUND;
  take(exchange.protocol, attributes.REQUEST_PROTOCOL);
  take(exchange.peer, attributes.SOURCE_ADDRESS);
  take(exchange.cluster, attributes.CLUSTER_NAME);
  take(exchange.virtualHost, attributes.VIRTUAL_HOST_NAME);
  askClusterHost(exchange);
  askGrpc(exchange, isLogged);
}

/** Nanoseconds from `start` until now, since Envoy has no duration yet among upstream filters. 0 if there is no start either. */
function sinceNanos(start: u64): u64 {
  let now = start > 0 ? nowMs() * 1000000 : 0;
  return now > start ? now - start : 0;
}

// An inbound listener leads to one cluster with one host. They are remembered from request to request and asked for again
// after each tick, since a cluster may be updated under its name.
const MAX_REMEMBERED: u32 = 256;
const lastCluster: Slice = over(memory.data(MAX_REMEMBERED), 0);
const lastHost: Slice = over(memory.data(MAX_REMEMBERED), 0);
const lastVirtualHost: Slice = over(memory.data(MAX_REMEMBERED), 0);

/** Forgets the remembered cluster. */
export function forgetCluster(): void {
  lastCluster.clear();
}

/** Copies `value` into the bytes of `into`; false if it is too long. */
function remember(into: Slice, value: Slice): bool {
  if (value.size > MAX_REMEMBERED) return false;
  memory.copy(into.at, value.at, value.size);
  into.size = value.size;
  return true;
}

function askClusterHost(exchange: Exchange): void {
  let cluster = exchange.cluster;
  exchange.clusterHost.clear();
  if (!needsClusterHost(cluster)) return;
  if (isSame(cluster, lastCluster)) {
    exchange.clusterHost.copyFrom(lastHost);
    exchange.virtualHost.copyFrom(lastVirtualHost);
    return;
  }
  readProperty(CLUSTER_HOST, exchange.clusterHost);
  readProperty(VIRTUAL_HOST, exchange.virtualHost);
  let fits = remember(lastHost, exchange.clusterHost) && remember(lastVirtualHost, exchange.virtualHost);
  if (!fits || !remember(lastCluster, cluster)) forgetCluster();
}

/**
 * Reads grpc-status and grpc-message whatever the request's content-type is, from the headers and from the trailers, which
 * win. A message without a status is ignored. An error status in either is an error.
 */
function askGrpc(exchange: Exchange, isLogged: bool): void {
  exchange.grpcStatus.clear();
  exchange.grpcMessage.clear();
  exchange.isGrpcError = false;
  if (!isLogged) return;
  for (let map = RESPONSE; map <= RESPONSE_TRAILERS; map++) {
    if (!readHeader(map, GRPC_STATUS, value) || value.size === 0) continue;
    exchange.grpcStatus.copyFrom(value);
    if (isGrpcError(value)) exchange.isGrpcError = true;
    if (readHeader(map, GRPC_MESSAGE, value) && value.size > 0) exchange.grpcMessage.copyFrom(value);
  }
}

/**
 * True if an earlier filter answered the stream, so that its request headers never came to us, and Envoy's tracer would
 * have traced it. That tracer ignores what Envoy's connection manager answers by itself, and health checks. A stream that
 * an upstream host answered bypassed us, and that host saw no id of ours.
 */
export function wasAnsweredEarlier(): bool {
  if (readProperty(UPSTREAM_ADDRESS, value)) return false;
  readProperty(RESPONSE_CODE_DETAILS, value);
  return !startsWithAny(value, UNTRACED);
}
