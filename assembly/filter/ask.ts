// Asks the host what happened on the stream that has just ended: one header map and the attributes that a span needs, each
// a crossing that costs, so nothing here is asked for a stream that makes no span.
import { Slice, text } from "../bytes/slice";
import { readHeader, readPairs, REQUEST, RESPONSE, RESPONSE_TRAILERS } from "../host/headers";
import { readNumber, readProperty } from "../host/properties";
import { CONTENT_TYPE, Exchange, request } from "../span/exchange";
import { mayAnswerGrpc } from "../span/grpc";
import { needsClusterHost } from "../span/operation";

const REQUEST_TIME: Slice = text("request\0time");
const REQUEST_DURATION: Slice = text("request\0duration");
const REQUEST_PROTOCOL: Slice = text("request\0protocol");
const REQUEST_TOTAL_SIZE: Slice = text("request\0total_size");
const RESPONSE_CODE: Slice = text("response\0code");
const RESPONSE_FLAGS: Slice = text("response\0flags");
const RESPONSE_SIZE: Slice = text("response\0size");
const SOURCE_ADDRESS: Slice = text("source\0address");
const CLUSTER_NAME: Slice = text("xds\0cluster_name");
const CLUSTER_HOST: Slice = text("xds\0cluster_metadata\0filter_metadata\0istio\0services\x000\0host");
const GRPC_STATUS: Slice = text("grpc-status");
const GRPC_MESSAGE: Slice = text("grpc-message");

const pairs: Slice = new Slice();
const contentType: Slice = new Slice();

/** Fills in `exchange` and the request headers; false if the stream ended before it had any. */
export function askExchange(exchange: Exchange): bool {
  if (!readPairs(REQUEST, pairs) || !request.scan(pairs.at, pairs.size)) return false;
  exchange.startNanos = readNumber(REQUEST_TIME, 0);
  exchange.durationNanos = readNumber(REQUEST_DURATION, 0);
  // Body bytes as they came, where request.size would repeat what content-length promised.
  let total = readNumber(REQUEST_TOTAL_SIZE, 0);
  exchange.requestBytes = total > request.total ? total - request.total : 0;
  exchange.responseBytes = readNumber(RESPONSE_SIZE, 0);
  exchange.statusCode = <u32>readNumber(RESPONSE_CODE, 0);
  exchange.responseFlags = readNumber(RESPONSE_FLAGS, 0);
  readProperty(REQUEST_PROTOCOL, exchange.protocol);
  readProperty(SOURCE_ADDRESS, exchange.peer);
  readProperty(CLUSTER_NAME, exchange.cluster);
  exchange.clusterHost.clear();
  if (needsClusterHost(exchange.cluster)) readProperty(CLUSTER_HOST, exchange.clusterHost);
  askGrpc(exchange);
  return true;
}

/** grpc-status and grpc-message, from the headers of a trailers-only answer or else from the trailers. */
function askGrpc(exchange: Exchange): void {
  exchange.grpcStatus.clear();
  exchange.grpcMessage.clear();
  contentType.set(CONTENT_TYPE.at, CONTENT_TYPE.size);
  if (!mayAnswerGrpc(contentType)) return;
  let map = RESPONSE;
  if (!readHeader(map, GRPC_STATUS, exchange.grpcStatus)) {
    map = RESPONSE_TRAILERS;
    if (!readHeader(map, GRPC_STATUS, exchange.grpcStatus)) return;
  }
  readHeader(map, GRPC_MESSAGE, exchange.grpcMessage);
}
