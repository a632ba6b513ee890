// B3's single header (https://github.com/openzipkin/b3-propagation#single-header):
//
//   b3: {trace id}-{span id}[-{decision}][-{parent span id}]
//   b3: {decision}                                  decision = 0 deny | 1 accept | d debug
//
//   b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90
//   b3: 463ac35c9f6413ad-0020000000000001
//   b3: 0
//
// Read token by token, so that any width of id stands where it likes. A parent may come without a decision, as Brave has it.
import { writeHex } from "../bytes/hex";
import { ABSENT, ACCEPT, DEBUG, DEFER, DENY, MALFORMED, READ, TraceContext } from "./context";
import { readParentId, readSpanId, readTraceId, writeTraceId } from "./spelling";

const DASH: u8 = 0x2d;
/** No `b3` is longer: 32 + 1 + 16 + 1 + 1 + 1 + 16 bytes. */
export const MAX_B3: u32 = 68;

function tokenSize(at: usize, end: usize): u32 {
  let from = at;
  while (at < end && load<u8>(at) !== DASH) at++;
  return <u32>(at - from);
}

/** DENY, ACCEPT or DEBUG for `0`, `1`, `d`; DEFER for any other byte. */
function decisionOf(byte: u8): u8 {
  if (byte === 0x30) return DENY;
  if (byte === 0x31) return ACCEPT;
  return byte === 0x64 ? DEBUG : DEFER;
}

function spell(decision: u8): u8 {
  if (decision === DEBUG) return 0x64;
  return decision === ACCEPT ? 0x31 : 0x30;
}

/** Reads the value of a `b3` header into `into`, which is undefined unless READ is returned. Empty is ABSENT. */
export function readB3(at: usize, size: u32, into: TraceContext): u32 {
  if (size === 0) return ABSENT;
  if (size > MAX_B3) return MALFORMED;
  into.clear();
  let end = at + size;
  if (size === 1) {
    into.decision = decisionOf(load<u8>(at));
    return into.decision === DEFER ? MALFORMED : READ;
  }

  let token = tokenSize(at, end);
  if (!readTraceId(at, token, into)) return MALFORMED;
  at += token;
  if (at === end) return MALFORMED;

  token = tokenSize(++at, end);
  if (!readSpanId(at, token, into)) return MALFORMED;
  at += token;
  if (at === end) return READ;

  token = tokenSize(++at, end);
  if (token === 1) {
    into.decision = decisionOf(load<u8>(at));
    if (into.decision === DEFER) return MALFORMED;
    if (++at === end) return READ;
    token = tokenSize(++at, end);
  }
  return readParentId(at, token, into) && at + token === end ? READ : MALFORMED;
}

/** Writes `context` at `at`, where MAX_B3 bytes are free; returns the address behind it. */
export function writeB3(at: usize, context: TraceContext): usize {
  if (context.hasIds) {
    at = writeTraceId(at, context);
    store<u8>(at++, DASH);
    at = writeHex(at, context.spanId);
    if (context.decision === DEFER) return at;
    store<u8>(at++, DASH);
  }
  store<u8>(at++, spell(context.decision));
  if (context.parentId === 0) return at;
  store<u8>(at++, DASH);
  return writeHex(at, context.parentId);
}
