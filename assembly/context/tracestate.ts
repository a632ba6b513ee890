// Checks whether a `tracestate` may go on (W3C Trace Context, level 2, "Tracestate Header"). It knows no member;
// threshold.ts knows OpenTelemetry's.
//
//   tracestate: rojo=00f067aa0ba902b7,congo@eu=t61rcWkgMzE
//
// A list has up to 32 members in one or more header lines, with white space around them and empty members between them. A
// duplicate key is no reason to drop the list: W3C lets it go on as it came.
import { allocate } from "../bytes/arena";
import { Fields, Field } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { Parts } from "../bytes/parts";
import { Slice } from "../bytes/slice";

export const MAX_MEMBERS: u32 = 32;
const MAX_KEY: u32 = 256;
/** Bytes of a member's value. */
export const MAX_VALUE: u32 = 256;
/** Bytes of the longest list without white space or empty members. */
export const MAX_TRACESTATE: u32 = MAX_MEMBERS * (MAX_KEY + MAX_VALUE + 2);

export const COMMA: u8 = 0x2c;
const EQUALS: u8 = 0x3d;

const parts = Fixed.record<Parts>();
/** Members of the list so far. */
let members: u32 = 0;

function isLetterOrDigit(byte: u8): bool {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

/** `_`, `-`, `*`, `/`, `@`, a letter or a digit. */
function isKeyByte(byte: u8): bool {
  return isLetterOrDigit(byte) || byte === 0x5f || byte === 0x2d || byte === 0x2a || byte === 0x2f || byte === 0x40;
}

function isKey(at: usize, size: u32): bool {
  if (size === 0 || size > MAX_KEY || !isLetterOrDigit(load<u8>(at))) return false;
  for (let end = at + size; at < end; at++) if (!isKeyByte(load<u8>(at))) return false;
  return true;
}

/** Printable ASCII without comma and equals sign. The caller has cut off white space at the end. */
function isValue(at: usize, size: u32): bool {
  if (size === 0 || size > MAX_VALUE) return false;
  for (let end = at + size; at < end; at++) {
    let byte = load<u8>(at);
    if (byte < 0x20 || byte > 0x7e || byte === COMMA || byte === EQUALS) return false;
  }
  return true;
}

/** Checks one member without white space around it; false if it is invalid or one too many. */
function checkMember(at: usize, end: usize): bool {
  let equals = at;
  while (equals < end && load<u8>(equals) !== EQUALS) equals++;
  if (equals === end || members++ === MAX_MEMBERS) return false;
  return isKey(at, <u32>(equals - at)) && isValue(equals + 1, <u32>(end - equals - 1));
}

/** Checks all members of one header line. */
function checkLine(at: usize, size: u32): bool {
  parts.begin(at, size, COMMA);
  while (parts.advance()) if (!checkMember(parts.at, parts.at + parts.size)) return false;
  return true;
}

/** True if the header's lines together are a valid list with at least one member. */
export function isTracestate(headers: Fields, field: Field): bool {
  members = 0;
  for (let more = headers.firstLine(field); more; more = headers.nextLine(field)) {
    if (!checkLine(headers.lineAt, headers.lineSize)) return false;
  }
  return members > 0;
}

/** Points `into` at the header's value in the last scan(): its only line, or all lines joined with commas in the arena. */
export function joinLines(headers: Fields, field: Field, into: Slice): void {
  into.copyFrom(field);
  if (field.seen < 2) return;
  // Each line came with its name, which is longer than a comma.
  let start = allocate(<usize>headers.total);
  let at = start;
  for (let more = headers.firstLine(field); more; more = headers.nextLine(field)) {
    if (headers.lineSize === 0) continue;
    if (at > start) store<u8>(at++, COMMA);
    memory.copy(at, headers.lineAt, headers.lineSize);
    at += headers.lineSize;
  }
  into.set(start, <u32>(at - start));
}
