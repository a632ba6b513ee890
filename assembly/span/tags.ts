// The one place that decides which tags a span has, with what values: Envoy's own, by Envoy's rules
// (source/common/tracing/http_tracer_impl.cc). What never changes is in node.ts; names are in names.ts.
import { allocate } from "../bytes/arena";
import { spellInto } from "../bytes/decimal";
import { Field } from "../bytes/fields";
import { Slice, text } from "../bytes/slice";
import { cutSize, makeValid } from "../bytes/utf8";
import { isTracestate, joinLines, MAX_TRACESTATE } from "../context/tracestate";
import { carrier } from "../context/carrier";
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
const contentType: Slice = new Slice();

/** A tag whose value is not empty: Envoy's Zipkin tracer leaves empty ones out. */
function bytesTag(span: Span, name: Slice, at: usize, size: u32): void {
  if (size === 0) return;
  let value = span.tag(name);
  value.set(at, size);
  makeValid(value);
}

/** A tag with the header's value, if it has one. */
function headerTag(span: Span, name: Slice, field: Field): void {
  bytesTag(span, name, field.at, field.size);
}

/** A tag with the header's value, or with `-` if the header did not arrive. */
function headerOrDash(span: Span, name: Slice, field: Field): void {
  if (field.seen > 0) headerTag(span, name, field);
  else span.tag(name).set(DASH.at, DASH.size);
}

function numberTag(span: Span, name: Slice, value: u64): void {
  spellInto(span.tag(name), value);
}

function append(at: usize, from: usize, size: u32): usize {
  memory.copy(at, from, size);
  return at + size;
}

/** The first place of `byte` in the `size` bytes at `at`, or `size`. */
function find(at: usize, size: u32, byte: u8): u32 {
  let i: u32 = 0;
  while (i < size && load<u8>(at + i) !== byte) i++;
  return i;
}

/** scheme://authority/path with the query; the path alone is cut. */
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

/** The peer's address: of an IP address without its port, and without the brackets of IPv6; of any other all. */
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
  headerTag(span, names.GUID_REQUEST_ID, headers.REQUEST_ID);
  urlTag(span, settings);
  headerTag(span, names.HTTP_METHOD, headers.METHOD);
  headerOrDash(span, names.DOWNSTREAM_CLUSTER, headers.DOWNSTREAM_CLUSTER);
  headerOrDash(span, names.USER_AGENT, headers.USER_AGENT);
  let protocol = exchange.protocol.size > 0 ? exchange.protocol : DASH;
  span.tag(names.HTTP_PROTOCOL).set(protocol.at, protocol.size);
  peerTag(span, exchange.peer);
  headerTag(span, names.GUID_CLIENT_TRACE_ID, headers.CLIENT_TRACE_ID);
  contentType.set(headers.CONTENT_TYPE.at, headers.CONTENT_TYPE.size);
  if (isGrpc(contentType)) {
    headerTag(span, names.GRPC_PATH, headers.PATH);
    let authority = headers.publicAuthority();
    bytesTag(span, names.GRPC_AUTHORITY, authority.at, authority.size);
    headerTag(span, names.GRPC_CONTENT_TYPE, headers.CONTENT_TYPE);
    headerTag(span, names.GRPC_TIMEOUT, headers.GRPC_TIMEOUT);
  }
  numberTag(span, names.REQUEST_SIZE, exchange.requestBytes);
}

function responseTags(span: Span, exchange: Exchange): void {
  numberTag(span, names.RESPONSE_SIZE, exchange.responseBytes);
  bytesTag(span, names.UPSTREAM_CLUSTER, exchange.cluster.at, exchange.cluster.size);
  bytesTag(span, names.UPSTREAM_CLUSTER_NAME, exchange.cluster.at, exchange.cluster.size);
  numberTag(span, names.HTTP_STATUS_CODE, exchange.statusCode);
  spellFlags(exchange.responseFlags, span.tag(names.RESPONSE_FLAGS));
  bytesTag(span, names.GRPC_STATUS_CODE, exchange.grpcStatus.at, exchange.grpcStatus.size);
  bytesTag(span, names.GRPC_MESSAGE, exchange.grpcMessage.at, exchange.grpcMessage.size);
}

/** No response at all, a 5xx, or one of gRPC's error statuses; never a 4xx or a response flag by itself. */
function isError(exchange: Exchange): bool {
  let code = exchange.statusCode;
  return code === 0 || (code >= 500 && code < 600) || exchange.isGrpcError;
}

/** A custom tag with what its source gave, or with its default, or not at all. */
function customTag(span: Span, tag: CustomTag, maxLength: u32): void {
  tag.spell(maxLength);
  let value = tag.value.size > 0 ? tag.value : tag.fallback;
  bytesTag(span, tag.name, value.at, cutSize(value.at, value.size, maxLength));
}

/** What the configuration says of tags. */
export class TagSettings {
  constructor(
    /** Of the path in http.url and of each custom tag, in bytes. */
    readonly maxLength: u32,
    /** http.url ends before the query. */
    readonly dropsQuery: bool,
    readonly custom: CustomTag[],
  ) {}
}

/**
 * The `tracestate` that went on, its lines joined. Later filters may have written what they like, so it is judged again; one
 * that is longer than its members can be is white space, and not told.
 */
function takeTraceState(span: Span): void {
  let state = span.traceState;
  state.clear();
  let field = headers.TRACESTATE;
  if (field.seen === 0 || !isTracestate(carrier, field)) return;
  joinLines(carrier, field, state);
  if (state.size > MAX_TRACESTATE) state.clear();
}

/** Fills in the error mark, the trace state and all changing tags of `span` from `exchange`. */
export function describe(span: Span, exchange: Exchange, settings: TagSettings): void {
  span.tagCount = 0;
  takeTraceState(span);
  requestTags(span, exchange, settings);
  responseTags(span, exchange);
  for (let i = 0; i < settings.custom.length; i++) customTag(span, unchecked(settings.custom[i]), settings.maxLength);
  span.error = isError(exchange);
}
