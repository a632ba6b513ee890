// Asks the host what happened on the stream that has just ended: one header map and the attributes that a span needs. Each
// is a crossing that costs, so nothing here is asked for a stream that makes no span.
import { over, sameBytes, Slice, startsWithAny, text } from "../bytes/slice";
import { readHeader, readPairs, REQUEST, RESPONSE, RESPONSE_TRAILERS } from "../host/headers";
import { readProperty } from "../host/properties";
import { Exchange, request } from "../span/exchange";
import { isGrpcError } from "../span/grpc";
import { needsClusterHost } from "../span/operation";
import * as attributes from "./attributes";
import { answer, ask, number } from "./attributes";

/** envoy.config.core.v3.TrafficDirection; UNSPECIFIED counts as inbound, as for Envoy's tracers. */
const OUTBOUND: u64 = 2;
const CLUSTER_HOST: Slice = text("xds\0cluster_metadata\0filter_metadata\0istio\0services\x000\0host");
const VIRTUAL_HOST: Slice = text("xds\0virtual_host_name");
const RESPONSE_CODE_DETAILS: Slice = text("response\0code_details");
// Beginnings of the details that say so (Envoy: "Response Code Details").
const UNTRACED: Slice = text(
  "missing_ absolute_path_ path_normalization_ rejecting_because_ upgrade_failed health_check_",
);
const GRPC_STATUS: Slice = text("grpc-status");
const GRPC_MESSAGE: Slice = text("grpc-message");

const pairs: Slice = new Slice();
const value: Slice = new Slice();

function take(into: Slice, place: usize): void {
  let value = answer(place);
  into.set(value.at, value.size);
}

/** Fills in `exchange` and the request headers; `question` is what attributes.prepare() gave. */
export function askExchange(exchange: Exchange, question: u32): void {
  if (!readPairs(REQUEST, pairs) || !request.scan(pairs.at, pairs.size)) request.clear();
  ask(question);
  exchange.startNanos = number(attributes.REQUEST_TIME);
  exchange.durationNanos = number(attributes.REQUEST_DURATION);
  // Body bytes as they came, where request.size would repeat what content-length promised.
  let total = number(attributes.REQUEST_TOTAL_SIZE);
  exchange.requestBytes = total > request.total ? total - request.total : 0;
  exchange.responseBytes = number(attributes.RESPONSE_SIZE);
  exchange.statusCode = <u32>number(attributes.RESPONSE_CODE);
  exchange.responseFlags = number(attributes.RESPONSE_FLAGS);
  exchange.isOutbound = number(attributes.LISTENER_DIRECTION) === OUTBOUND;
  take(exchange.protocol, attributes.REQUEST_PROTOCOL);
  take(exchange.peer, attributes.SOURCE_ADDRESS);
  take(exchange.cluster, attributes.CLUSTER_NAME);
  askClusterHost(exchange);
  askGrpc(exchange);
}

// An inbound listener leads to one cluster with one host: remembered from request to request, and asked for anew from tick
// to tick, since a cluster may be updated under its name.
const MAX_REMEMBERED: u32 = 256;
const lastCluster: Slice = over(heap.alloc(MAX_REMEMBERED), 0);
const lastHost: Slice = over(heap.alloc(MAX_REMEMBERED), 0);
const lastVirtualHost: Slice = over(heap.alloc(MAX_REMEMBERED), 0);

/** Forgets what is remembered of clusters. */
export function forgetCluster(): void {
  lastCluster.clear();
}

/** Copies `value` into `into`'s bytes; false if it is too long to be remembered. */
function remember(into: Slice, value: Slice): bool {
  if (value.size > MAX_REMEMBERED) return false;
  memory.copy(into.at, value.at, value.size);
  into.size = value.size;
  return true;
}

function askClusterHost(exchange: Exchange): void {
  let cluster = exchange.cluster;
  exchange.clusterHost.clear();
  exchange.virtualHost.clear();
  if (!needsClusterHost(cluster)) return;
  if (sameBytes(cluster.at, cluster.size, lastCluster.at, lastCluster.size)) {
    exchange.clusterHost.set(lastHost.at, lastHost.size);
    exchange.virtualHost.set(lastVirtualHost.at, lastVirtualHost.size);
    return;
  }
  readProperty(CLUSTER_HOST, exchange.clusterHost);
  readProperty(VIRTUAL_HOST, exchange.virtualHost);
  let fits = remember(lastHost, exchange.clusterHost) && remember(lastVirtualHost, exchange.virtualHost);
  if (!fits || !remember(lastCluster, cluster)) forgetCluster();
}

/**
 * grpc-status and grpc-message, whatever the request's content-type is: of the headers, then of the trailers, which go
 * before. A message without a status says nothing; an error in either is one.
 */
function askGrpc(exchange: Exchange): void {
  exchange.grpcStatus.clear();
  exchange.grpcMessage.clear();
  exchange.isGrpcError = false;
  for (let map = RESPONSE; map <= RESPONSE_TRAILERS; map++) {
    if (!readHeader(map, GRPC_STATUS, value) || value.size === 0) continue;
    exchange.grpcStatus.set(value.at, value.size);
    if (isGrpcError(value)) exchange.isGrpcError = true;
    if (readHeader(map, GRPC_MESSAGE, value) && value.size > 0) exchange.grpcMessage.set(value.at, value.size);
  }
}

/**
 * True if Envoy's tracer would have looked at the stream, which ended before its headers came to us: a filter before us
 * answered it. What Envoy's connection manager answers by itself, and health checks, it does not trace.
 */
export function wasTraced(): bool {
  readProperty(RESPONSE_CODE_DETAILS, value);
  return !startsWithAny(value, UNTRACED);
}
