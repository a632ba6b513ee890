// B3's single header (https://github.com/openzipkin/b3-propagation#single-header):
//
//   b3: {trace id}-{span id}[-{decision}][-{parent span id}]
//   b3: {decision}                                  decision = 0 deny | 1 accept | d debug
//
//   b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90
//   b3: 463ac35c9f6413ad-0020000000000001
//   b3: 0
//
// The widths are fixed: a trace id has 16 or 32 digits, other ids have 16. A shorter id means that the header was cut,
// and must not become a wrong parent. A parent may come without a decision, as in Brave.
import { Field } from "../bytes/fields";
import { writeHex } from "../bytes/hex";
import { text } from "../bytes/slice";
import { carrier } from "./carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "./context";
import { Edits } from "./edits";
import { ABSENT, MALFORMED, Propagator, READ } from "./propagator";
import { readParentId, readSpanId, readTraceId, writeTraceId } from "./spelling";

const B3: Field = carrier.want(text("b3"));

const DASH: u8 = 0x2d;
const WIDTH: u32 = 16;
/** Bytes of a decision and of a parent, each with the dash in front of it. */
const DECISION_PART: u32 = 2;
const PARENT_PART: u32 = 1 + WIDTH;
/** Bytes of the longest `b3`: 32 + 1 + 16 + 1 + 1 + 1 + 16. */
export const MAX_B3: u32 = 68;

/** DENY, ACCEPT or DEBUG for `0`, `1`, `d`; DEFER for any other byte. */
function decisionOf(byte: u8): u8 {
  if (byte === 0x30) return DENY;
  if (byte === 0x31) return ACCEPT;
  return byte === 0x64 ? DEBUG : DEFER;
}

/** The reverse of decisionOf(). */
function letterOf(decision: u8): u8 {
  if (decision === DEBUG) return 0x64;
  return decision === ACCEPT ? 0x31 : 0x30;
}

/** Reads the value of a `b3` header into `into`, which is undefined unless READ is returned. Empty is ABSENT. */
export function readB3(at: usize, size: u32, into: TraceContext): u32 {
  if (size === 0) return ABSENT;
  into.clear();
  if (size === 1) {
    into.decision = decisionOf(load<u8>(at));
    return into.decision === DEFER ? MALFORMED : READ;
  }

  let width = size > WIDTH && load<u8>(at, WIDTH) === DASH ? WIDTH : 2 * WIDTH;
  if (size < width + 1 + WIDTH || load<u8>(at + width) !== DASH) return MALFORMED;
  if (!readTraceId(at, width, into) || !readSpanId(at + width + 1, WIDTH, into)) return MALFORMED;
  at += width + 1 + WIDTH;
  let left = size - width - 1 - WIDTH;

  if (left === DECISION_PART || left === DECISION_PART + PARENT_PART) {
    into.decision = decisionOf(load<u8>(at, 1));
    if (load<u8>(at) !== DASH || into.decision === DEFER) return MALFORMED;
    at += DECISION_PART;
    left -= DECISION_PART;
  }
  if (left === 0) return READ;
  if (left !== PARENT_PART || load<u8>(at) !== DASH) return MALFORMED;
  return readParentId(at + 1, WIDTH, into) ? READ : MALFORMED;
}

/** Writes `context` at `at`, where MAX_B3 bytes are free, and returns the address just past it. */
export function writeB3(at: usize, context: TraceContext): usize {
  if (context.hasIds) {
    at = writeTraceId(at, context);
    store<u8>(at++, DASH);
    at = writeHex(at, context.spanId);
    if (context.decision === DEFER) return at;
    store<u8>(at++, DASH);
  }
  store<u8>(at++, letterOf(context.decision));
  if (context.parentId === 0) return at;
  store<u8>(at++, DASH);
  return writeHex(at, context.parentId);
}

// Lasts until the edits are carried out.
const value: usize = memory.data(MAX_B3);

class B3Single extends Propagator {
  extract(into: TraceContext): u32 {
    return readB3(B3.at, B3.size, into);
  }

  inject(context: TraceContext, edits: Edits): void {
    if (context.hasIds || context.decision !== DEFER) edits.set(B3, value, <u32>(writeB3(value, context) - value));
    else edits.remove(B3);
  }
}

export const b3: Propagator = new B3Single("b3", [B3], false);
