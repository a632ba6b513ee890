// Floating-point numbers as decimal text, as C's printf("%.*g") writes them: correctly rounded, without trailing zeros,
// with an exponent if they are very large or very small. All digits of the exact value are computed, one per byte,
// because tables of powers would take more room than this whole file.
import { writeDecimal } from "./decimal";

/** Upper bound on what this file writes, in bytes: `-1.7976931348623157e+308` and one to spare. */
export const MAX_DOUBLE: u32 = 25;

/** Room for 5^1074 times the largest mantissa, a digit that rounding carries over, and some to spare. */
const MAX_DIGITS: usize = 776;
/** End of the number's digits, which are 0 to 9. */
const DIGITS_END: usize = heap.alloc(MAX_DIGITS) + MAX_DIGITS;
/** The significant digits are [first, last). */
let first: usize = 0;
let last: usize = 0;
/** The power of ten of the first digit. */
let exponent: i32 = 0;

/** Multiplying by this many twos or fives at once leaves room for a digit and a carry in 32 bits. */
const STEP: i32 = 12;

const ZERO: u32 = 0x30;
const POINT: u32 = 0x2e;
const PLUS: u32 = 0x2b;
const MINUS: u32 = 0x2d;
const NAN: u32 = 0x6e616e;
const INF: u32 = 0x666e69;

/** Multiplies the digits by `factor`. */
function multiply(factor: u32): void {
  let carry: u32 = 0;
  for (let at = DIGITS_END; at > first || carry > 0; carry /= 10) {
    if (--at >= first) carry += load<u8>(at) * factor;
    else first = at;
    store<u8>(at, carry % 10);
  }
}

/** Finds all digits of `value`, which is positive and finite. */
function expand(value: f64): void {
  let bits = reinterpret<u64>(value);
  let power = <i32>(bits >> 52);
  let mantissa = bits & 0x000fffffffffffff;
  if (power > 0) mantissa |= 0x0010000000000000;
  power = max(power, 1) - 1075;
  // An integer then needs no scaling.
  let zeros = <i32>ctz(mantissa);
  mantissa >>= zeros;
  power += zeros;
  first = DIGITS_END;
  for (; mantissa > 0; mantissa /= 10) store<u8>(--first, <u32>(mantissa % 10));
  // m / 2^n is m * 5^n / 10^n.
  for (let left = abs(power); left > 0; left -= STEP) {
    let factor: u32 = 1;
    for (let i = min(left, STEP); i > 0; i--) factor *= power < 0 ? 5 : 2;
    multiply(factor);
  }
  exponent = <i32>(DIGITS_END - first) - 1 + min(power, 0);
}

/** Rounds to at most `precision` digits, halves to even, and drops trailing zeros. */
function round(precision: u32): void {
  last = min(first + precision, DIGITS_END);
  if (last < DIGITS_END) {
    let rest: u32 = load<u8>(last) * 2;
    for (let at = last + 1; at < DIGITS_END; at++) rest |= u32(load<u8>(at) > 0);
    let at = last - 1;
    if (rest + (load<u8>(at) & 1) > 10) {
      store<u8>(first - 1, 0);
      for (; load<u8>(at) === 9; at--) store<u8>(at, 0);
      store<u8>(at, load<u8>(at) + 1);
      if (at < first) {
        first = at;
        exponent++;
      }
    }
  }
  while (load<u8>(last - 1) === 0) last--;
}

function put(at: usize, byte: u32): usize {
  store<u8>(at, byte);
  return at + 1;
}

/** Writes three letters. */
function putWord(at: usize, letters: u32): usize {
  store<u32>(at, letters);
  return at + 3;
}

/** Writes the rounded digits with `whole` of them before the point. If that isn't positive, zeros come first. */
function writePlain(at: usize, whole: i32): usize {
  if (whole <= 0) {
    at = put(put(at, ZERO), POINT);
    for (; whole < 0; whole++) at = put(at, ZERO);
    whole = -1;
  }
  for (let from = first; from < last || whole > 0; from++, whole--) {
    if (whole === 0) at = put(at, POINT);
    at = put(at, ZERO + (from < last ? load<u8>(from) : 0));
  }
  return at;
}

/**
 * Writes `value` with up to `precision` (at most 17) digits, or as `nan`, `inf` or `-inf`. Returns the address just
 * past it.
 */
export function writeDouble(at: usize, value: f64, precision: u32): usize {
  if (value !== value) return putWord(at, NAN);
  if (reinterpret<i64>(value) < 0) at = put(at, MINUS);
  value = abs(value);
  if (value === Infinity) return putWord(at, INF);
  if (value === 0) return put(at, ZERO);
  expand(value);
  round(precision);
  if (exponent >= -4 && exponent < <i32>precision) return writePlain(at, exponent + 1);
  at = put(writePlain(at, 1), 0x65);
  at = put(at, exponent < 0 ? MINUS : PLUS);
  let power = abs(exponent);
  if (power < 10) at = put(at, ZERO);
  return writeDecimal(at, power);
}

/** True if `value` is the number nearest to the (at most 15) rounded digits. False also if that isn't easy to tell. */
function readsBack(value: f64): bool {
  let integer: f64 = 0;
  let scale = exponent + 1;
  for (let at = first; at < last; at++, scale--) integer = integer * 10 + load<u8>(at);
  let power: f64 = 1;
  for (let i = abs(scale); i > 0; i--) power *= 10;
  // Powers up to this one are exact, so the single operation rounds only once.
  return power <= 1e22 && (scale < 0 ? integer / power : integer * power) === value;
}

/** Writes `value` with enough digits to read back as the same number. */
export function writeWholeDouble(at: usize, value: f64): usize {
  let end = writeDouble(at, value, 15);
  return readsBack(abs(value)) ? end : writeDouble(at, value, 17);
}
