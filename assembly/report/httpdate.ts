// Dates of HTTP headers, in the only form that senders may write: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7,
// IMF-fixdate).
import { readDecimal } from "../bytes/decimal";
import { sameBytes, Slice, text } from "../bytes/slice";

const SIZE: u32 = 29;
const MONTHS: Slice = text("JanFebMarAprMayJunJulAugSepOctNovDec");

function twoDigits(at: usize): u64 {
  return readDecimal(at, 2, 0);
}

/** 1 to 12, or 0 if it is no month. */
function month(at: usize): u64 {
  for (let i: u32 = 0; i < 12; i++) if (sameBytes(MONTHS.at + i * 3, 3, at, 3)) return i + 1;
  return 0;
}

/** Seconds since the Unix epoch; 0 if `value` is no such date. */
export function parseHttpDate(value: Slice): u64 {
  if (value.size !== SIZE) return 0;
  let at = value.at;
  let m = month(at + 8);
  let year = <u64>readDecimal(at + 12, 4, 0);
  if (m === 0 || year < 1970) return 0;
  // Counted from March, a year ends with the leap day.
  let y = m > 2 ? year : year - 1;
  let sinceMarch = (m + 9) % 12;
  let days = y * 365 + y / 4 - y / 100 + y / 400 + (sinceMarch * 153 + 2) / 5 + twoDigits(at + 5) - 719469;
  return ((days * 24 + twoDigits(at + 17)) * 60 + twoDigits(at + 20)) * 60 + twoDigits(at + 23);
}
