// Turns any bytes into a valid protobuf or JSON string: UTF-8 (RFC 3629), cut only between characters. A single bad
// byte in one tag would make a receiver reject the whole report.
import { allocate } from "./arena";
import { Slice } from "./slice";

const HIGH_BITS: u64 = 0x8080808080808080;

function isAscii(at: usize, size: u32): bool {
  let end = at + size;
  for (; at + 8 <= end; at += 8) if (load<u64>(at) & HIGH_BITS) return false;
  for (; at < end; at++) if (load<u8>(at) & 0x80) return false;
  return true;
}

function isContinuation(at: usize): bool {
  return (load<u8>(at) & 0xc0) === 0x80;
}

/**
 * Size of the character at `at`, or 0 if it isn't valid: overlong forms, surrogates and code points above U+10FFFF
 * aren't.
 */
function characterSize(at: usize, end: usize): u32 {
  let first = <u32>load<u8>(at);
  if (first < 0x80) return 1;
  let left = <u32>(end - at);
  if (first >= 0xc2 && first <= 0xdf) return left > 1 && isContinuation(at + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (left < 3 || !isContinuation(at + 1) || !isContinuation(at + 2)) return 0;
    let second = <u32>load<u8>(at + 1);
    if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (left < 4 || !isContinuation(at + 1) || !isContinuation(at + 2) || !isContinuation(at + 3)) return 0;
    let second = <u32>load<u8>(at + 1);
    if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

/** The address of the first byte in [at, end) that belongs to no valid character, or `end`. */
export function invalidAt(at: usize, end: usize): usize {
  while (at < end) {
    let size = characterSize(at, end);
    if (size === 0) break;
    at += size;
  }
  return at;
}

/**
 * Leaves a valid `slice` unchanged. Otherwise points it at a copy in the arena with one U+FFFD for each invalid byte.
 */
export function makeValid(slice: Slice): void {
  if (isAscii(slice.at, slice.size)) return;
  let end = slice.at + slice.size;
  let at = slice.at;
  if (invalidAt(at, end) === end) return;
  let copy = allocate(<usize>slice.size * 3);
  let out = copy;
  for (at = slice.at; at < end;) {
    let size = characterSize(at, end);
    if (size > 0) {
      memory.copy(out, at, size);
      out += size;
      at += size;
    } else {
      store<u8>(out, 0xef);
      store<u8>(out, 0xbf, 1);
      store<u8>(out, 0xbd, 2);
      out += 3;
      at += 1;
    }
  }
  slice.set(copy, <u32>(out - copy));
}

/** The size of the longest prefix that has at most `max` bytes and splits no character. */
export function cutSize(at: usize, size: u32, max: u32): u32 {
  if (size <= max) return size;
  let cut = max;
  // A character has at most four bytes. Going back further would only cut more from bytes that aren't UTF-8 anyway.
  for (let back: u32 = 0; back < 3 && cut > 0 && isContinuation(at + cut); back++) cut--;
  return isContinuation(at + cut) ? max : cut;
}
