// Bytes for the specs, joined piece by piece as a specification lists them, and a fence at the end of memory. Nothing
// here is managed or freed: specs keep addresses, and the garbage collector must not free the memory under them.

/** `new Bytes().hex("0a 03").text("GET")`: the pieces, one after the other. */
@unmanaged
export class Bytes {
  at: usize = heap.alloc(256);
  size: u32 = 0;
  private capacity: u32 = 256;

  /** Bytes as pairs of hexadecimal digits; blanks between them are ignored. */
  hex(digits: string): Bytes {
    let high = -1;
    for (let i = 0; i < digits.length; i++) {
      let unit = digits.charCodeAt(i);
      if (unit === 0x20) continue;
      let digit = unit < 0x3a ? unit - 0x30 : (unit | 0x20) - 0x57;
      if (high >= 0) this.byte(<u8>((high << 4) | digit));
      high = high < 0 ? digit : -1;
    }
    return this;
  }

  /** The UTF-8 form of `value`. */
  text(value: string): Bytes {
    let size = <u32>String.UTF8.byteLength(value);
    this.reserve(size);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, this.at + this.size);
    this.size += size;
    return this;
  }

  byte(value: u8): Bytes {
    return this.repeat(value, 1);
  }

  repeat(value: u8, count: u32): Bytes {
    this.reserve(count);
    memory.fill(this.at + this.size, value, count);
    this.size += count;
    return this;
  }

  /** Four bytes, little-endian. */
  u32(value: u32): Bytes {
    this.reserve(4);
    store<u32>(this.at + this.size, value);
    this.size += 4;
    return this;
  }

  add(from: usize, size: u32): Bytes {
    this.reserve(size);
    memory.copy(this.at + this.size, from, size);
    this.size += size;
    return this;
  }

  private reserve(size: u32): void {
    if (this.size + size <= this.capacity) return;
    this.capacity = (this.size + size) * 2;
    this.at = heap.realloc(this.at, this.capacity);
  }
}

/** `size` bytes as hexadecimal digits with a blank between bytes, for comparisons and readable failures. */
export function hexOf(at: usize, size: u32): string {
  let digits = new Array<string>();
  for (let i: u32 = 0; i < size; i++) digits.push((<u32>load<u8>(at + i) + 0x100).toString(16).substring(1));
  return digits.join(" ");
}

const PAGE: usize = 65536;
let fencedFrom: usize = 0;
let fencedEnd: usize = 0;

/**
 * A copy of `size` bytes that ends where memory ends: a read beyond it traps, and the spec fails. Valid until the next
 * fence(). If the heap has grown past the last fence, a new one is put up after it.
 */
export function fence(at: usize, size: u32): usize {
  if (fencedEnd !== <usize>memory.size() * PAGE || fencedEnd - fencedFrom < size) {
    fencedFrom = <usize>memory.size() * PAGE;
    memory.grow(<i32>(size >> 16) + 1);
    fencedEnd = <usize>memory.size() * PAGE;
  }
  memory.copy(fencedEnd - size, at, size);
  return fencedEnd - size;
}
