// OpenTelemetry's member of `tracestate` (OpenTelemetry, "TraceState Handling" and "TraceState: Probability Sampling"):
//
//   tracestate: ot=th:fd70a3d70a3d7;rv:6e6d1a75832a2f,congo=t61rcWkgMzE
//
// A trace has 56 random bits: `rv`, or the last ones of its id. It is sampled if they are not below the threshold `th`,
// which so tells backends how many traces it stands for. In `th`, zeros at the end are left out.
import { allocate } from "../bytes/arena";
import { Fixed } from "../bytes/fixed";
import { HexNumber, isLowerCase, writeHex } from "../bytes/hex";
import { Parts } from "../bytes/parts";
import { Slice, startsWith, text } from "../bytes/slice";
import { COMMA, MAX_MEMBERS, MAX_VALUE } from "./tracestate";

/** How many values 56 random bits have. As a threshold: no trace is sampled. */
export const RANDOM_BITS: u64 = 1 << 56;
/** Of a sampled trace: nobody knows with which probability. */
export const UNKNOWN: u64 = u64.MAX_VALUE;
/** The list has no `rv`. */
export const NO_RANDOMNESS: u64 = u64.MAX_VALUE;

const OT: Slice = text("ot=");
const TH: Slice = text("th:");
const RV: Slice = text("rv:");
const RV_DIGITS: u32 = 14;
/** Bytes that `ot=th:`, its digits and two separators add, with the two digits that writeHex() writes beyond them. */
const ADDED: u32 = 32;

const SEMICOLON: u8 = 0x3b;
const ZERO: u8 = 0x30;

const members = Fixed.record<Parts>();
const entries = Fixed.record<Parts>();
const hex = Fixed.record<HexNumber>();

/** Begins `entries` with the first `ot` member of a valid list; they are none if it has no such member. */
function beginEntries(list: Slice): void {
  entries.begin(0, 0, SEMICOLON);
  members.begin(list.at, list.size, COMMA);
  while (members.advance()) {
    if (!startsWith(members, OT)) continue;
    entries.begin(members.at + OT.size, members.size - OT.size, SEMICOLON);
    return;
  }
}

/** The `rv` of a valid list, or NO_RANDOMNESS. */
export function readRandomness(list: Slice): u64 {
  beginEntries(list);
  while (entries.advance()) {
    let at = entries.at + RV.size;
    if (!startsWith(entries, RV) || entries.size !== RV.size + RV_DIGITS) continue;
    if (isLowerCase(at, RV_DIGITS) && hex.read(at, RV_DIGITS)) return hex.value;
  }
  return NO_RANDOMNESS;
}

/** Writes `th:` and its digits at `at`; returns the address just past them. */
function writeEntry(at: usize, threshold: u64): usize {
  memory.copy(at, TH.at, TH.size);
  let first = at + TH.size;
  let end = writeHex(first, threshold << 8);
  while (end > first + 1 && load<u8>(end - 1) === ZERO) end--;
  return end;
}

/** Writes `part` at `at`, and the separator in front of it unless it is the first there, at `first`. */
function append(at: usize, first: usize, separator: u8, part: Slice): usize {
  if (at > first) store<u8>(at++, separator);
  memory.copy(at, part.at, part.size);
  return at + part.size;
}

/**
 * Points `list`, which is valid or empty, at a copy in the arena whose first member says `threshold`. If that is UNKNOWN,
 * the copy says none, and can be empty. The other entries and members stay, in their order, within W3C's limits.
 */
export function writeThreshold(list: Slice, threshold: u64): void {
  let start = allocate(list.size + ADDED);
  memory.copy(start, OT.at, OT.size);
  let value = start + OT.size;
  let at = threshold === UNKNOWN ? value : writeEntry(value, threshold);
  beginEntries(list);
  while (entries.advance()) {
    let separator: u32 = at > value ? 1 : 0;
    if (startsWith(entries, TH) || <u32>(at - value) + separator + entries.size > MAX_VALUE) continue;
    at = append(at, value, SEMICOLON, entries);
  }
  let count: u32 = at > value ? 1 : 0;
  if (count === 0) at = start;
  members.begin(list.at, list.size, COMMA);
  while (count < MAX_MEMBERS && members.advance()) {
    if (startsWith(members, OT)) continue;
    at = append(at, start, COMMA, members);
    count++;
  }
  list.set(start, <u32>(at - start));
}
