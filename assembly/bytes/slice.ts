// A view of bytes owned by someone else. It knows no encoding; most slices hold UTF-8 or header bytes.
import { retain } from "./region";

/** `size` bytes at address `at`. Absent and empty are the same: size 0. */
@unmanaged
export class Slice {
  at: usize = 0;
  size: u32 = 0;

  set(at: usize, size: u32): void {
    this.at = at;
    this.size = size;
  }

  /** Views what `other` views. */
  copyFrom(other: Slice): void {
    this.set(other.at, other.size);
  }

  clear(): void {
    this.size = 0;
  }
}

/** A slice over bytes that stay where they are. The slice itself is in the current Region. */
export function over(at: usize, size: u32): Slice {
  let slice = changetype<Slice>(retain(offsetof<Slice>()));
  slice.set(at, size);
  return slice;
}

/**
 * `value` as UTF-8 in the current Region. The build turns text() of a literal into a constant (compiler/literals.mjs).
 */
export function text(value: string): Slice {
  let size = String.UTF8.byteLength(value);
  let at = retain(size);
  String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at);
  return over(at, size);
}

/** The slice as a string, for messages and configuration. Never on the request path. */
export function toText(slice: Slice): string {
  return String.UTF8.decodeUnsafe(slice.at, slice.size);
}

/**
 * True if the first `size` bytes are equal. Compares eight at a time, which memory.compare() in a small build doesn't.
 */
export function sameStart(a: usize, b: usize, size: u32): bool {
  let end = a + size;
  for (; a + 8 <= end; a += 8, b += 8) if (load<u64>(a) !== load<u64>(b)) return false;
  for (; a < end; a++, b++) if (load<u8>(a) !== load<u8>(b)) return false;
  return true;
}

/**
 * Copies `size` bytes between places that don't overlap. For short copies: memory.copy() calls out to V8's own routine,
 * which costs more than these few steps.
 */
export function copyShort(to: usize, from: usize, size: u32): void {
  if (size < 8) {
    for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
    return;
  }
  // Part of the last eight may be copied twice.
  let last = size - 8;
  for (let i: u32 = 0; i < last; i += 8) store<u64>(to + i, load<u64>(from + i));
  store<u64>(to + last, load<u64>(from + last));
}

export function sameBytes(a: usize, aSize: u32, b: usize, bSize: u32): bool {
  return aSize === bSize && sameStart(a, b, aSize);
}

export function isSame(slice: Slice, other: Slice): bool {
  return sameBytes(slice.at, slice.size, other.at, other.size);
}

export function startsWith(slice: Slice, prefix: Slice): bool {
  return slice.size >= prefix.size && sameStart(slice.at, prefix.at, prefix.size);
}

/** The place of the first `part`, which must not be empty, in `slice`; -1 if there is none. */
export function indexOf(slice: Slice, part: Slice): i32 {
  for (let i: u32 = 0; i + part.size <= slice.size; i++) if (sameStart(slice.at + i, part.at, part.size)) return i;
  return -1;
}

/** True if `slice` contains `part`, which must not be empty. */
export function contains(slice: Slice, part: Slice): bool {
  return indexOf(slice, part) >= 0;
}

const SPACE: u8 = 0x20;

/** True if `slice` starts with one of `words`, which are separated by spaces. With `isWhole` it has to be one of them. */
function matchesAny(slice: Slice, words: Slice, isWhole: bool): bool {
  let end = words.at + words.size;
  for (let at = words.at; at < end; at++) {
    let from = at;
    while (at < end && load<u8>(at) !== SPACE) at++;
    let size = <u32>(at - from);
    if (slice.size >= size && (!isWhole || slice.size === size) && sameStart(slice.at, from, size)) return true;
  }
  return false;
}

/** True if `slice` starts with one of the words in `prefixes`, which are separated by spaces. */
export function startsWithAny(slice: Slice, prefixes: Slice): bool {
  return matchesAny(slice, prefixes, false);
}

/** True if `slice` is one of `words`, which are separated by spaces. */
export function isAnyOf(slice: Slice, words: Slice): bool {
  return matchesAny(slice, words, true);
}
