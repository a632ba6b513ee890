// B3's multiple headers (https://github.com/openzipkin/b3-propagation#multiple-headers):
//
//   x-b3-traceid: 80f198ee56343ba864fe8b2a57d3eff7     16 or 32 digits
//   x-b3-spanid: e457b5a2e4d86bd1                      with the trace id or not at all
//   x-b3-parentspanid: 05e3ac9a4f6e3b90                absent at the root
//   x-b3-sampled: 1                                    0 deny | 1 accept; true and false are taken, never written
//   x-b3-flags: 1                                      debug; then no x-b3-sampled goes with it. Other values mean nothing.
import { Field } from "../bytes/fields";
import { ABSENT, ACCEPT, DEBUG, DEFER, DENY, MALFORMED, READ, TraceContext } from "./context";
import { readParentId, readSpanId, readTraceId } from "./spelling";

/** `true` and `false` in either case, as four bytes and the fifth. */
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const LOWER: u32 = 0x20202020;

/** True and `into.decision` set, or false for a value that is none. */
function readSampled(field: Field, into: TraceContext): bool {
  let at = field.at;
  let size = field.size;
  if (size === 1) {
    let byte = load<u8>(at);
    into.decision = byte === 0x31 ? ACCEPT : DENY;
    return byte === 0x30 || byte === 0x31;
  }
  if (size === 4 && (load<u32>(at) | LOWER) === TRUE) {
    into.decision = ACCEPT;
    return true;
  }
  into.decision = DENY;
  return size === 5 && (load<u32>(at) | LOWER) === FALS && (load<u8>(at, 4) | 0x20) === 0x65;
}

/** Reads the five headers into `into`, which is undefined unless READ is returned. Empty values count as absent. */
export function readB3Multi(
  traceId: Field,
  spanId: Field,
  parentSpanId: Field,
  sampled: Field,
  flags: Field,
  into: TraceContext,
): u32 {
  into.clear();
  if (flags.size === 1 && load<u8>(flags.at) === 0x31) into.decision = DEBUG;
  else if (sampled.size > 0 && !readSampled(sampled, into)) return MALFORMED;

  if ((traceId.size | spanId.size | parentSpanId.size) === 0) return into.decision === DEFER ? ABSENT : READ;
  if (!readTraceId(traceId.at, traceId.size, into)) return MALFORMED;
  if (!readSpanId(spanId.at, spanId.size, into)) return MALFORMED;
  if (parentSpanId.size > 0 && !readParentId(parentSpanId.at, parentSpanId.size, into)) return MALFORMED;
  return READ;
}
