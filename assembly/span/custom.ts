// Tags that the configuration adds, whose values change from span to span: from headers and from Envoy's attributes.
// What an attribute's bytes mean is known here; who reads them from the host is filter/.
import { spellInto } from "../bytes/decimal";
import { Field } from "../bytes/fields";
import { over, Slice, text } from "../bytes/slice";
import { hideCredentials } from "./exchange";
import { spellMetadata } from "./metadata";

/** More than these, all kinds together, are refused. */
export const MAX_CUSTOM_TAGS: u32 = 32;

export const REQUEST_HEADER: u32 = 0;
export const RESPONSE_HEADER: u32 = 1;
export const PROPERTY: u32 = 2;

const TEXT: u32 = 0;
const INTEGER: u32 = 1;
const MICROSECONDS: u32 = 2;
const BOOLEAN: u32 = 3;
const METADATA: u32 = 4;
const AUTHORITY: u32 = 5;

/** Envoy's tables of attributes; what is in a map, or in filter state, has names of its own. */
const TABLES: string = " request response connection upstream source destination xds ";
/** The last parts of the attributes that are no text (Envoy: "Attributes"). */
const INTEGERS: string =
  " size total_size code flags grpc_status port request_attempt_count num_endpoints listener_direction ";
const DURATIONS: string = " time duration backend_latency cx_pool_ready_duration ";
const CONNECTION_ID: string = "connection\0id";
const MTLS: string = "connection\0mtls";
// Bytes of `metadata` and of `\0filter_metadata`, which stand in the path of a value of metadata.
const MESSAGE: u32 = 8;
const NAMESPACES: u32 = 16;

/** Request headers that hold an authority: a client may have put its password into it. */
const AUTHORITIES: string = " host :authority x-envoy-original-host x-forwarded-host ";
const HOST: string = "request\0host";
const REQUEST_HEADERS: string = "request\0headers\0";

const TRUE: Slice = text("true");
const FALSE: Slice = text("false");

/** How the value of a request header is to be read. */
function typeOfHeader(name: string): u32 {
  return AUTHORITIES.includes(" " + name + " ") ? AUTHORITY : TEXT;
}

/** How the bytes of the attribute `path` are to be read: its name says it. */
function typeOf(path: string): u32 {
  if (path.startsWith(REQUEST_HEADERS)) return typeOfHeader(path.substring(REQUEST_HEADERS.length));
  if (path === HOST) return AUTHORITY;
  if (path === CONNECTION_ID) return INTEGER;
  if (path === MTLS) return BOOLEAN;
  let end = path.indexOf("\0");
  if (end < 0 || path.indexOf("\0", end + 1) >= 0 || !TABLES.includes(" " + path.substring(0, end) + " ")) return TEXT;
  let last = " " + path.substring(end + 1) + " ";
  if (INTEGERS.includes(last)) return INTEGER;
  return DURATIONS.includes(last) ? MICROSECONDS : TEXT;
}

/**
 * The length of the path of the metadata in which `path` names a value; 0 if it names none. `metadata` is that of the stream,
 * `xds\0route_metadata` and the like that of what Envoy is configured with.
 */
function metadataOf(path: string): u32 {
  let end = <u32>path.indexOf("metadata\0filter_metadata") + MESSAGE;
  return end >= MESSAGE && (<u32>path.indexOf("\0") === end || path.startsWith("xds\0")) ? end : 0;
}

export class CustomTag {
  /** What is to be read from the host: a header's name, or the path of an attribute or of metadata with NUL between its parts. */
  readonly key: Slice;
  readonly name: Slice;
  readonly fallback: Slice;
  /** What the host gave for the present span; filter/ sets it. */
  readonly value: Slice = over(0, 0);
  /** The place of an earlier tag whose value from the host is this one's too; -1 = none. */
  twin: i32 = -1;
  private type: u32 = TEXT;
  /** Where in the metadata the value is. */
  private inside: Slice = over(0, 0);

  constructor(
    readonly kind: u32,
    name: string,
    key: string,
    fallback: string,
    /** Of a request header: where its value is found. */
    readonly field: Field | null,
  ) {
    this.name = text(name);
    this.key = text(key);
    this.fallback = text(fallback);
    if (kind === REQUEST_HEADER) this.type = typeOfHeader(key);
    let end = kind === PROPERTY ? metadataOf(key) : 0;
    if (end > 0) {
      this.type = METADATA;
      let from = end + NAMESPACES;
      this.inside.set(this.key.at + from, this.key.size - from);
      this.key.size = end;
    } else if (kind === PROPERTY) this.type = typeOf(key);
  }

  /**
   * Turns `value` from the host's bytes into text: numbers decimal, durations in microseconds, true or false, lists and objects
   * of metadata as JSON. That may be cut after `max` bytes, and is longer than that then.
   */
  spell(max: u32): void {
    let value = this.value;
    if (this.type === TEXT || value.size === 0) return;
    if (this.type === AUTHORITY) return hideCredentials(value);
    if (this.type === METADATA) return spellMetadata(value, this.inside, false, max);
    if (this.type === BOOLEAN) {
      let word = load<u8>(value.at) !== 0 ? TRUE : FALSE;
      value.set(word.at, word.size);
      return;
    }
    if (value.size !== 8) return value.clear();
    let number = load<u64>(value.at);
    if (this.type === MICROSECONDS) number /= 1000;
    spellInto(value, number);
  }
}
