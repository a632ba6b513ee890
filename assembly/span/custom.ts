// Tags added by the configuration whose values differ from span to span: from headers and Envoy's attributes. It knows
// what an attribute's bytes mean; filter/ reads them from the host.
import { spellDecimal } from "../bytes/decimal";
import { Field } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { indexOf, isAnyOf, isSame, over, Slice, startsWith, text } from "../bytes/slice";
import { hideCredentials } from "./exchange";
import { spellMetadata } from "./metadata";

/** Upper bound on custom tags of all kinds together. */
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

/** Envoy's tables of attributes. Entries of maps and filter state have names of their own. */
const TABLES: Slice = text("request response connection upstream source destination xds");
/** The last path parts of attributes that aren't text (Envoy: "Attributes"). */
const INTEGERS: Slice = text(
  "size total_size code flags grpc_status port request_attempt_count num_endpoints listener_direction",
);
const DURATIONS: Slice = text("time duration backend_latency cx_pool_ready_duration");
const CONNECTION_ID: Slice = text("connection\0id");
const MTLS: Slice = text("connection\0mtls");
const SEPARATOR: Slice = text("\0");
const XDS: Slice = text("xds\0");
const STREAM_METADATA: Slice = text("metadata\0filter_metadata");
// Sizes of `metadata` and `\0filter_metadata`.
const MESSAGE: u32 = 8;
const NAMESPACES: u32 = 16;

/** Request headers with an authority, into which a client may have put its password. */
const AUTHORITIES: Slice = text("host :authority x-envoy-original-host x-forwarded-host");
const HOST: Slice = text("request\0host");
const REQUEST_HEADERS: Slice = text("request\0headers\0");

const TRUE: Slice = text("true");
const FALSE: Slice = text("false");

/** Part of a path. */
const part = Fixed.record<Slice>();

/** How to read the value of a request header. */
function typeOfHeader(name: Slice): u32 {
  return isAnyOf(name, AUTHORITIES) ? AUTHORITY : TEXT;
}

/** Points `part` at `path` from byte `from` on. */
function partFrom(path: Slice, from: u32): Slice {
  part.set(path.at + from, path.size - from);
  return part;
}

/** How to read the bytes of the attribute `path`, judging by its name. */
function typeOf(path: Slice): u32 {
  if (startsWith(path, REQUEST_HEADERS)) return typeOfHeader(partFrom(path, REQUEST_HEADERS.size));
  if (isSame(path, HOST)) return AUTHORITY;
  if (isSame(path, CONNECTION_ID)) return INTEGER;
  if (isSame(path, MTLS)) return BOOLEAN;
  let end = indexOf(path, SEPARATOR);
  if (end < 0) return TEXT;
  part.set(path.at, end);
  if (!isAnyOf(part, TABLES)) return TEXT;
  let last = partFrom(path, end + 1);
  if (isAnyOf(last, INTEGERS)) return INTEGER;
  return isAnyOf(last, DURATIONS) ? MICROSECONDS : TEXT;
}

/**
 * If `path` names a value in metadata, the length of the path to that metadata, else 0. `metadata` belongs to the
 * stream, `xds\0route_metadata` and the like to Envoy's configuration.
 */
function metadataOf(path: Slice): u32 {
  let end = <u32>indexOf(path, STREAM_METADATA) + MESSAGE;
  return end >= MESSAGE && (<u32>indexOf(path, SEPARATOR) === end || startsWith(path, XDS)) ? end : 0;
}

export class CustomTag {
  /**
   * What to read from the host: a header's name, or the path of an attribute or of metadata, its parts joined by NUL.
   */
  readonly key: Slice;
  readonly name: Slice;
  readonly fallback: Slice;
  /** The host's value for the current span, set by filter/. */
  readonly value: Slice = over(0, 0);
  /** Index of an earlier tag with the same value from the host; -1 = none. */
  twin: i32 = -1;
  private type: u32 = TEXT;
  /** Path of the value within its metadata. */
  private inside: Slice = over(0, 0);

  constructor(
    readonly kind: u32,
    name: string,
    key: string,
    fallback: string,
    /** Where a request header's value is found. */
    readonly field: Field | null,
  ) {
    this.name = text(name);
    this.key = text(key);
    this.fallback = text(fallback);
    if (kind === REQUEST_HEADER) this.type = typeOfHeader(this.key);
    let end = kind === PROPERTY ? metadataOf(this.key) : 0;
    if (end > 0) {
      this.type = METADATA;
      let from = end + NAMESPACES;
      this.inside.set(this.key.at + from, this.key.size - from);
      this.key.size = end;
    } else if (kind === PROPERTY) this.type = typeOf(this.key);
  }

  /**
   * Turns `value` from the host's bytes into text: numbers in decimal, durations in microseconds, booleans as words,
   * lists and objects of metadata as JSON. JSON longer than `max` bytes may be cut, but never to `max` bytes or fewer.
   */
  spellValue(max: u32): void {
    let value = this.value;
    if (this.type === TEXT || value.size === 0) return;
    if (this.type === AUTHORITY) return hideCredentials(value);
    if (this.type === METADATA) return spellMetadata(value, this.inside, false, max);
    if (this.type === BOOLEAN) {
      let word = load<u8>(value.at) !== 0 ? TRUE : FALSE;
      value.copyFrom(word);
      return;
    }
    if (value.size !== 8) return value.clear();
    let number = load<u64>(value.at);
    if (this.type === MICROSECONDS) number /= 1000;
    spellDecimal(number, value);
  }
}
