// A view of bytes that somebody else owns. It knows no encoding; most slices here hold UTF-8 or header bytes.
import { hold } from "./hold";

/** `size` bytes beginning at address `at`. Absent and empty are the same: size 0. */
@unmanaged
export class Slice {
  at: usize = 0;
  size: u32 = 0;

  set(at: usize, size: u32): void {
    this.at = at;
    this.size = size;
  }

  clear(): void {
    this.size = 0;
  }
}

/** A slice over bytes that stay where they are. The slice itself is held, as text() is. */
export function over(at: usize, size: u32): Slice {
  let slice = changetype<Slice>(hold(offsetof<Slice>()));
  slice.set(at, size);
  return slice;
}

/** A slice over the UTF-8 form of `value`, both held (hold.ts). Of a literal, the build makes a constant (compiler/literals.mjs). */
export function text(value: string): Slice {
  let size = String.UTF8.byteLength(value);
  let at = hold(size);
  String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at);
  return over(at, size);
}

/** The slice as a string; for messages and configuration, never on the request path. */
export function toText(slice: Slice): string {
  return String.UTF8.decodeUnsafe(slice.at, slice.size);
}

/** The first `size` bytes are the same. Eight at a time, which memory.compare() of a small build is not. */
export function sameStart(a: usize, b: usize, size: u32): bool {
  let end = a + size;
  for (; a + 8 <= end; a += 8, b += 8) if (load<u64>(a) !== load<u64>(b)) return false;
  for (; a < end; a++, b++) if (load<u8>(a) !== load<u8>(b)) return false;
  return true;
}

/**
 * Copies `size` bytes between places that do not overlap. For short ones: memory.copy() leaves the module for V8's own routine,
 * which costs more than these few steps.
 */
export function copyShort(to: usize, from: usize, size: u32): void {
  if (size < 8) {
    for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
    return;
  }
  // The last eight may have been copied in part by then.
  let last = size - 8;
  for (let i: u32 = 0; i < last; i += 8) store<u64>(to + i, load<u64>(from + i));
  store<u64>(to + last, load<u64>(from + last));
}

export function sameBytes(a: usize, aSize: u32, b: usize, bSize: u32): bool {
  return aSize === bSize && sameStart(a, b, aSize);
}

export function startsWith(slice: Slice, prefix: Slice): bool {
  return slice.size >= prefix.size && sameStart(slice.at, prefix.at, prefix.size);
}

/** True if the bytes of `part`, one at least, stand anywhere in `slice`. */
export function contains(slice: Slice, part: Slice): bool {
  for (let i: u32 = 0; i + part.size <= slice.size; i++) if (sameStart(slice.at + i, part.at, part.size)) return true;
  return false;
}

const SPACE: u8 = 0x20;

/** True if one of the words in `prefixes`, a space between them, begins `slice`. */
export function startsWithAny(slice: Slice, prefixes: Slice): bool {
  let end = prefixes.at + prefixes.size;
  for (let at = prefixes.at; at < end; at++) {
    let from = at;
    while (at < end && load<u8>(at) !== SPACE) at++;
    let size = <u32>(at - from);
    if (slice.size >= size && sameStart(slice.at, from, size)) return true;
  }
  return false;
}
