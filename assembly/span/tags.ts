// Decides which tags a span has and their values: Envoy's own, by Envoy's rules
// (source/common/tracing/http_tracer_impl.cc). Constant tags are in node.ts, names in names.ts.
import { allocate } from "../bytes/arena";
import { spellDecimal } from "../bytes/decimal";
import { Field, Fields } from "../bytes/fields";
import { Slice, text } from "../bytes/slice";
import { cutSize, makeValid } from "../bytes/utf8";
import { UNKNOWN, writeThreshold } from "../context/threshold";
import { isTracestate, joinLines, MAX_TRACESTATE } from "../context/tracestate";
import * as headers from "./exchange";
import { CustomTag } from "./custom";
import { Exchange } from "./exchange";
import { spellFlags } from "./flags";
import { isGrpc } from "./grpc";
import * as names from "./names";
import { Span } from "./span";

const DASH: Slice = text("-");
const COLON: u8 = 0x3a;
const QUESTION_MARK: u8 = 0x3f;

/** Adds a tag unless its value is empty, like Envoy's Zipkin tracer. */
function bytesTag(span: Span, name: Slice, at: usize, size: u32): void {
  if (size === 0) return;
  let value = span.tag(name);
  value.set(at, size);
  makeValid(value);
}

/** Adds a tag unless its value is empty. */
function sliceTag(span: Span, name: Slice, value: Slice): void {
  bytesTag(span, name, value.at, value.size);
}

/** Adds a tag with the header's value, or with `-` if the header didn't arrive. */
function headerOrDash(span: Span, name: Slice, field: Field): void {
  if (field.seen > 0) sliceTag(span, name, field);
  else span.tag(name).copyFrom(DASH);
}

function numberTag(span: Span, name: Slice, value: u64): void {
  spellDecimal(value, span.tag(name));
}

function append(at: usize, from: usize, size: u32): usize {
  memory.copy(at, from, size);
  return at + size;
}

/** The index of the first `byte` in the `size` bytes at `at`, or `size`. */
function find(at: usize, size: u32, byte: u8): u32 {
  let i: u32 = 0;
  while (i < size && load<u8>(at + i) !== byte) i++;
  return i;
}

/** Adds scheme://authority/path with the query. Only the path is cut. */
function urlTag(span: Span, settings: TagSettings): void {
  if (headers.PATH.seen === 0) return;
  let path = headers.ORIGINAL_PATH.seen > 0 ? headers.ORIGINAL_PATH : headers.PATH;
  let scheme = headers.SCHEME;
  let authority = headers.publicAuthority();
  let pathSize = settings.dropsQuery ? find(path.at, path.size, QUESTION_MARK) : path.size;
  pathSize = cutSize(path.at, pathSize, settings.maxLength);
  let at = allocate(scheme.size + 3 + authority.size + pathSize);
  let end = append(at, scheme.at, scheme.size);
  store<u8>(end, COLON);
  store<u16>(end, 0x2f2f, 1);
  end = append(end + 3, authority.at, authority.size);
  end = append(end, path.at, pathSize);
  bytesTag(span, names.HTTP_URL, at, <u32>(end - at));
}

/** Adds the peer's address. An IP address loses its port and the brackets of IPv6; any other address is used whole. */
function peerTag(span: Span, peer: Slice): void {
  let at = peer.at;
  let size = peer.size;
  let first: u32 = size > 0 ? load<u8>(at) : 0;
  if (first === 0x5b || first - 0x30 < 10) {
    while (size > 0 && load<u8>(at + size - 1) !== COLON) size--;
    size = size > 0 ? size - 1 : peer.size;
    if (first === 0x5b && size > 1 && load<u8>(at + size - 1) === 0x5d) {
      at++;
      size -= 2;
    }
  }
  bytesTag(span, names.PEER_ADDRESS, at, size);
}

function requestTags(span: Span, exchange: Exchange, settings: TagSettings): void {
  sliceTag(span, names.GUID_REQUEST_ID, headers.REQUEST_ID);
  urlTag(span, settings);
  sliceTag(span, names.HTTP_METHOD, headers.METHOD);
  headerOrDash(span, names.DOWNSTREAM_CLUSTER, headers.DOWNSTREAM_CLUSTER);
  headerOrDash(span, names.USER_AGENT, headers.USER_AGENT);
  let protocol = exchange.protocol.size > 0 ? exchange.protocol : DASH;
  span.tag(names.HTTP_PROTOCOL).copyFrom(protocol);
  peerTag(span, exchange.peer);
  sliceTag(span, names.GUID_CLIENT_TRACE_ID, headers.CLIENT_TRACE_ID);
  if (isGrpc(headers.CONTENT_TYPE)) {
    sliceTag(span, names.GRPC_PATH, headers.PATH);
    sliceTag(span, names.GRPC_AUTHORITY, headers.publicAuthority());
    sliceTag(span, names.GRPC_CONTENT_TYPE, headers.CONTENT_TYPE);
    sliceTag(span, names.GRPC_TIMEOUT, headers.GRPC_TIMEOUT);
  }
  numberTag(span, names.REQUEST_SIZE, exchange.requestBytes);
}

function responseTags(span: Span, exchange: Exchange): void {
  numberTag(span, names.RESPONSE_SIZE, exchange.responseBytes);
  sliceTag(span, names.UPSTREAM_CLUSTER, exchange.cluster);
  sliceTag(span, names.UPSTREAM_CLUSTER_NAME, exchange.cluster);
  numberTag(span, names.HTTP_STATUS_CODE, exchange.statusCode);
  spellFlags(exchange.responseFlags, span.tag(names.RESPONSE_FLAGS));
  sliceTag(span, names.GRPC_STATUS_CODE, exchange.grpcStatus);
  sliceTag(span, names.GRPC_MESSAGE, exchange.grpcMessage);
}

/**
 * True without a response, for a 5xx, or for one of gRPC's error statuses. A 4xx or a response flag alone isn't an
 * error.
 */
export function isError(exchange: Exchange): bool {
  let code = exchange.statusCode;
  return code === 0 || (code >= 500 && code < 600) || exchange.isGrpcError;
}

/** Adds a custom tag with the value from its source or its default, if there is either. */
function customTag(span: Span, tag: CustomTag, maxLength: u32): void {
  tag.spellValue(maxLength);
  let value = tag.value.size > 0 ? tag.value : tag.fallback;
  bytesTag(span, tag.name, value.at, cutSize(value.at, value.size, maxLength));
}

/** The configuration of tags. */
export class TagSettings {
  constructor(
    /** Upper bound on the path in http.url and on each custom tag, in bytes. */
    readonly maxLength: u32,
    /** Whether http.url lacks the query. */
    readonly dropsQuery: bool,
    readonly custom: CustomTag[],
  ) {}
}

/**
 * Sets the span's trace state to the `tracestate` that left with the request, its lines joined. It's validated again,
 * because later filters may have written anything. If it's longer than its members can be, the rest is white space and
 * it's dropped. The threshold is written again, because not every request takes its `tracestate` along. A kept span has
 * none: nobody knows how many others it stands for.
 */
function setTraceState(span: Span, requestHeaders: Fields): void {
  let state = span.traceState;
  state.clear();
  let field = headers.TRACESTATE;
  if (field.seen > 0 && isTracestate(requestHeaders, field)) joinLines(requestHeaders, field, state);
  if (state.size > MAX_TRACESTATE) state.clear();
  if (span.isKept) return writeThreshold(state, UNKNOWN);
  let context = span.context;
  // Without the `tracestate` that arrived, nobody knows of its `rv`, without which a threshold would mislead.
  let isWhole = state.size > 0 || !context.keepsTracestate;
  if (context.setsThreshold && isWhole) writeThreshold(state, context.threshold);
}

/** Sets the error mark, the trace state and all tags of `span` that aren't constant. */
export function describe(span: Span, exchange: Exchange, requestHeaders: Fields, settings: TagSettings): void {
  span.tagCount = 0;
  setTraceState(span, requestHeaders);
  sliceTag(span, names.SAMPLING_KEPT, span.kept);
  requestTags(span, exchange, settings);
  responseTags(span, exchange);
  for (let i = 0; i < settings.custom.length; i++) customTag(span, unchecked(settings.custom[i]), settings.maxLength);
  span.error = isError(exchange);
}
