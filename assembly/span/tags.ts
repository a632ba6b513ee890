// The one place that decides which tags a span has, with what values: Envoy's own, by Envoy's rules
// (source/common/tracing/http_tracer_impl.cc). What never changes is in node.ts; names are in names.ts.
import { allocate } from "../bytes/arena";
import { MAX_DECIMAL, writeDecimal } from "../bytes/decimal";
import { Field } from "../bytes/fields";
import { Slice, text } from "../bytes/slice";
import { cutSize, makeValid } from "../bytes/utf8";
import * as headers from "./exchange";
import { CustomTag } from "./custom";
import { Exchange } from "./exchange";
import { spellFlags } from "./flags";
import { isGrpc, isGrpcError } from "./grpc";
import * as names from "./names";
import { Span } from "./span";

const DASH: Slice = text("-");
const COLON: u8 = 0x3a;
const QUESTION_MARK: u8 = 0x3f;
const AT_SIGN: u8 = 0x40;
const contentType: Slice = new Slice();

function bytesTag(span: Span, name: Slice, at: usize, size: u32): void {
  let value = span.tag(name);
  value.set(at, size);
  makeValid(value);
}

/** A tag with the header's value, if the header arrived. */
function headerTag(span: Span, name: Slice, field: Field): void {
  if (field.seen > 0) bytesTag(span, name, field.at, field.size);
}

/** A tag with the header's value, or with `-`. */
function headerOrDash(span: Span, name: Slice, field: Field): void {
  if (field.size > 0) bytesTag(span, name, field.at, field.size);
  else span.tag(name).set(DASH.at, DASH.size);
}

function numberTag(span: Span, name: Slice, value: u64): void {
  let at = allocate(MAX_DECIMAL);
  span.tag(name).set(at, <u32>(writeDecimal(at, value) - at));
}

function append(at: usize, from: usize, size: u32): usize {
  memory.copy(at, from, size);
  return at + size;
}

/** The first place of `byte` in `slice`, or the slice's size. */
function find(at: usize, size: u32, byte: u8): u32 {
  let i: u32 = 0;
  while (i < size && load<u8>(at + i) !== byte) i++;
  return i;
}

/** scheme://authority/path with the query; the path alone is cut. User and password before the host stay out. */
function urlTag(span: Span, settings: TagSettings): void {
  let path = headers.ORIGINAL_PATH.size > 0 ? headers.ORIGINAL_PATH : headers.PATH;
  let scheme = headers.SCHEME;
  let authority = headers.AUTHORITY;
  let url = span.tag(names.HTTP_URL);
  url.clear();
  if (headers.PATH.seen === 0) return;
  let pathSize = settings.dropsQuery ? find(path.at, path.size, QUESTION_MARK) : path.size;
  pathSize = cutSize(path.at, pathSize, settings.maxLength);
  let user = find(authority.at, authority.size, AT_SIGN);
  let hostAt = user < authority.size ? user + 1 : 0;
  let at = allocate(scheme.size + 3 + authority.size + pathSize);
  let end = append(at, scheme.at, scheme.size);
  store<u8>(end, COLON);
  store<u16>(end, 0x2f2f, 1);
  end = append(end + 3, authority.at + hostAt, authority.size - hostAt);
  end = append(end, path.at, pathSize);
  url.set(at, <u32>(end - at));
  makeValid(url);
}

/** The peer's address without its port: everything before the last colon, and no brackets around an IPv6 address. */
function peerTag(span: Span, peer: Slice): void {
  if (peer.size === 0) return;
  let size = peer.size;
  while (size > 0 && load<u8>(peer.at + size - 1) !== COLON) size--;
  size = size > 0 ? size - 1 : peer.size;
  let at = peer.at;
  if (size > 1 && load<u8>(at) === 0x5b && load<u8>(at + size - 1) === 0x5d) {
    at++;
    size -= 2;
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
    headerTag(span, names.GRPC_AUTHORITY, headers.AUTHORITY);
    headerTag(span, names.GRPC_CONTENT_TYPE, headers.CONTENT_TYPE);
    headerTag(span, names.GRPC_TIMEOUT, headers.GRPC_TIMEOUT);
  }
  numberTag(span, names.REQUEST_SIZE, exchange.requestBytes);
}

function responseTags(span: Span, exchange: Exchange): void {
  numberTag(span, names.RESPONSE_SIZE, exchange.responseBytes);
  if (exchange.cluster.size > 0) {
    bytesTag(span, names.UPSTREAM_CLUSTER, exchange.cluster.at, exchange.cluster.size);
    bytesTag(span, names.UPSTREAM_CLUSTER_NAME, exchange.cluster.at, exchange.cluster.size);
  }
  numberTag(span, names.HTTP_STATUS_CODE, exchange.statusCode);
  spellFlags(exchange.responseFlags, span.tag(names.RESPONSE_FLAGS));
  if (exchange.grpcStatus.size > 0) {
    bytesTag(span, names.GRPC_STATUS_CODE, exchange.grpcStatus.at, exchange.grpcStatus.size);
    if (exchange.grpcMessage.size > 0)
      bytesTag(span, names.GRPC_MESSAGE, exchange.grpcMessage.at, exchange.grpcMessage.size);
  }
}

/** No response at all, a 5xx, or one of gRPC's error statuses; never a 4xx or a response flag by itself. */
function isError(exchange: Exchange): bool {
  let code = exchange.statusCode;
  return code === 0 || (code >= 500 && code < 600) || isGrpcError(exchange.grpcStatus);
}

/** A custom tag with what its source gave, or with its default, or not at all. */
function customTag(span: Span, tag: CustomTag, maxLength: u32): void {
  tag.spell();
  let value = tag.value.size > 0 ? tag.value : tag.fallback;
  if (value.size > 0) bytesTag(span, tag.name, value.at, cutSize(value.at, value.size, maxLength));
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

/** Fills in the error mark and all changing tags of `span` from `exchange`. */
export function describe(span: Span, exchange: Exchange, settings: TagSettings): void {
  span.tagCount = 0;
  requestTags(span, exchange, settings);
  responseTags(span, exchange);
  for (let i = 0; i < settings.custom.length; i++) customTag(span, unchecked(settings.custom[i]), settings.maxLength);
  span.error = isError(exchange);
}
