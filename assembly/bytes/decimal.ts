// Unsigned decimal numbers as ASCII digits.
import { allocate } from "./arena";
import { Fixed } from "./fixed";
import { Slice, toText } from "./slice";

/** Upper bound on what writeDecimal() writes, in bytes. */
export const MAX_DECIMAL: u32 = 20;

/** Writes `value` without leading zeros and returns the address just past it. */
export function writeDecimal(at: usize, value: u64): usize {
  let digits: usize = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  for (let i = digits; i > 0; i--) {
    store<u8>(at + i - 1, <u32>(value % 10) + 0x30);
    value /= 10;
  }
  return at + digits;
}

/** Points `into` at the digits of `value`, in the arena. */
export function spellDecimal(value: u64, into: Slice): void {
  let at = allocate(MAX_DECIMAL);
  into.set(at, <u32>(writeDecimal(at, value) - at));
}

const digits = Fixed.record<Slice>();

/** `value` as a string, for messages. toString() would bring tables for every radix into the module. */
export function toDecimal(value: u64): string {
  spellDecimal(value, digits);
  return toText(digits);
}

/** Reads `size` ASCII digits. Returns `fallback` if there are none, more than nine, or any other byte. */
export function readDecimal(at: usize, size: u32, fallback: u32): u32 {
  if (size - 1 > 8) return fallback;
  let value: u32 = 0;
  for (let end = at + size; at < end; at++) {
    let d = <u32>load<u8>(at) - 0x30;
    if (d > 9) return fallback;
    value = value * 10 + d;
  }
  return value;
}
