// Tags that the configuration adds, whose values change from span to span: from headers and from Envoy's attributes.
// What an attribute's bytes mean is known here; who reads them from the host is filter/.
import { spellInto } from "../bytes/decimal";
import { Field } from "../bytes/fields";
import { over, Slice, text } from "../bytes/slice";
import { hideCredentials } from "./exchange";

/** More than these, all kinds together, are refused. */
export const MAX_CUSTOM_TAGS: u32 = 32;

export const REQUEST_HEADER: u32 = 0;
export const RESPONSE_HEADER: u32 = 1;
export const PROPERTY: u32 = 2;

const TEXT: u32 = 0;
const INTEGER: u32 = 1;
const MICROSECONDS: u32 = 2;
const BOOLEAN: u32 = 3;
const AUTHORITY: u32 = 4;

/** The first parts of Envoy's own attributes. Metadata and filter state have names that anybody may choose. */
const ROOTS: string = " request response connection upstream source destination xds ";
/** The last parts of those that are no text (Envoy: "Attributes"). */
const INTEGERS: string =
  " size total_size code flags grpc_status port request_attempt_count num_endpoints listener_direction ";
const DURATIONS: string = " time duration backend_latency cx_pool_ready_duration ";
const CONNECTION_ID: string = "connection.id";
const MTLS: string = "connection.mtls";

/** Request headers that hold an authority: a client may have put its password into it. */
const AUTHORITIES: string = " host :authority x-envoy-original-host x-forwarded-host ";
const REQUEST_HEADERS: string = "request.headers.";

const TRUE: Slice = text("true");
const FALSE: Slice = text("false");

/** How the value of a request header is to be read. */
export function typeOfHeader(name: string): u32 {
  return AUTHORITIES.includes(" " + name + " ") ? AUTHORITY : TEXT;
}

/** How the bytes of an attribute are to be read, by its name with dots. What a header or metadata hold is text. */
export function typeOf(path: string): u32 {
  if (path.startsWith(REQUEST_HEADERS)) return typeOfHeader(path.substring(REQUEST_HEADERS.length));
  if (path === "request.host") return AUTHORITY;
  if (path === CONNECTION_ID) return INTEGER;
  if (path === MTLS) return BOOLEAN;
  let dot = path.indexOf(".");
  if (dot < 0 || path.indexOf(".", dot + 1) >= 0 || !ROOTS.includes(" " + path.substring(0, dot) + " ")) return TEXT;
  let last = " " + path.substring(dot + 1) + " ";
  if (INTEGERS.includes(last)) return INTEGER;
  return DURATIONS.includes(last) ? MICROSECONDS : TEXT;
}

export class CustomTag {
  /** What is to be read from the host: a header's name, or an attribute's path with NUL between its parts. */
  readonly key: Slice;
  readonly name: Slice;
  readonly fallback: Slice;
  /** What the host gave for the present span; filter/ sets it. */
  readonly value: Slice = over(0, 0);

  constructor(
    readonly kind: u32,
    name: string,
    key: string,
    fallback: string,
    /** Of a request header: where its value is found. */
    readonly field: Field | null,
    private type: u32 = TEXT,
  ) {
    this.name = text(name);
    this.key = text(key);
    this.fallback = text(fallback);
  }

  /** Turns `value` from the host's bytes into text: numbers decimal, durations in microseconds, true or false. */
  spell(): void {
    let value = this.value;
    if (this.type === TEXT || value.size === 0) return;
    if (this.type === AUTHORITY) return hideCredentials(value);
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
