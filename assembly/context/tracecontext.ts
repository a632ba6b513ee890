// W3C Trace Context, level 2 (https://www.w3.org/TR/trace-context-2/#traceparent-header):
//
//   traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//                version, trace id, parent id, flags: 2, 32, 16 and 2 lower-case digits
//
// Strict, as the specification is. Later versions are read by the fields of version 00 and written as 00. Of the flags,
// bit 0 says sampled and bit 1 that the trace id is random; the others mean nothing yet and go out as zero.
import { Field } from "../bytes/fields";
import { HexNumber, writeHex } from "../bytes/hex";
import { ABSENT, ACCEPT, DENY, MALFORMED, READ, TraceContext } from "./context";

/** Bytes of a `traceparent` of version 00; later versions are not shorter. */
export const TRACEPARENT_SIZE: u32 = 55;

const TRACE_ID: usize = 3;
const PARENT_ID: usize = 36;
const FLAGS: usize = 53;

const SAMPLED: u32 = 1;
const RANDOM: u32 = 2;

const DASH: u8 = 0x2d;

const hex: HexNumber = new HexNumber();

/** Digits and small letters only: B3's readers take either case, this header may not. */
function isLowerCase(at: usize, size: usize): bool {
  for (let end = at + size; at < end; at++) {
    let byte = load<u8>(at);
    if (byte >= 0x41 && byte <= 0x5a) return false;
  }
  return true;
}

/** Reads a `traceparent` into `into`, which is undefined unless READ is returned. Empty is ABSENT, repeated MALFORMED. */
export function readTraceparent(field: Field, into: TraceContext): u32 {
  if (field.size === 0) return field.seen > 1 ? MALFORMED : ABSENT;
  let at = field.at;
  let size = field.size;
  if (field.seen > 1 || size < TRACEPARENT_SIZE) return MALFORMED;
  if (!isLowerCase(at, TRACEPARENT_SIZE) || !hex.read(at, 2)) return MALFORMED;
  let version = <u32>hex.value;
  if (version === 0xff || (version === 0 && size > TRACEPARENT_SIZE)) return MALFORMED;
  if (size > TRACEPARENT_SIZE && load<u8>(at + TRACEPARENT_SIZE) !== DASH) return MALFORMED;
  if (load<u8>(at, TRACE_ID - 1) !== DASH) return MALFORMED;
  if (load<u8>(at, PARENT_ID - 1) !== DASH || load<u8>(at, FLAGS - 1) !== DASH) return MALFORMED;

  into.clear();
  into.wide = true;
  if (!hex.read(at + TRACE_ID, 16)) return MALFORMED;
  into.traceHigh = hex.value;
  if (!hex.read(at + TRACE_ID + 16, 16)) return MALFORMED;
  into.traceLow = hex.value;
  if (!hex.read(at + PARENT_ID, 16) || hex.value === 0 || !into.hasIds) return MALFORMED;
  into.spanId = hex.value;
  if (!hex.read(at + FLAGS, 2)) return MALFORMED;
  let flags = <u32>hex.value;
  into.decision = (flags & SAMPLED) !== 0 ? ACCEPT : DENY;
  into.random = (flags & RANDOM) !== 0;
  return READ;
}

/** Writes `context`, which has ids, at `at`, where TRACEPARENT_SIZE bytes are free; returns the address behind it. */
export function writeTraceparent(at: usize, context: TraceContext): usize {
  store<u16>(at, 0x3030);
  store<u8>(at, DASH, 2);
  at = writeHex(writeHex(at + TRACE_ID, context.traceHigh), context.traceLow);
  store<u8>(at, DASH);
  at = writeHex(at + 1, context.spanId);
  let flags: u32 = (context.sampled ? SAMPLED : 0) | (context.random ? RANDOM : 0);
  store<u8>(at, DASH);
  store<u8>(at, 0x30, 1);
  store<u8>(at, 0x30 + flags, 2);
  return at + 3;
}
