// Hexadecimal digits to u64 and back. Reads both cases and writes lower case. It doesn't know what the numbers mean.

/** The value of a hexadecimal digit in either case; 16 for any other byte. */
export function hexDigit(byte: u32): u32 {
  let decimal = byte - 0x30;
  if (decimal < 10) return decimal;
  let letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

/** A number, read from its digits. */
@unmanaged
export class HexNumber {
  value: u64 = 0;

  /** Reads 1 to 16 digits. Returns false, with `value` unchanged, for any other size or byte. */
  read(at: usize, size: u32): bool {
    if (size - 1 > 15) return false;
    let value: u64 = 0;
    for (let end = at + size; at < end; at++) {
      let d = hexDigit(load<u8>(at));
      if (d > 15) return false;
      value = (value << 4) | d;
    }
    this.value = value;
    return true;
  }
}

/** Writes `value` as 16 lower-case digits and returns the address just past them. */
export function writeHex(at: usize, value: u64): usize {
  for (let i: usize = 16; i > 0; i--) {
    let d = (<u32>value) & 15;
    store<u8>(at + i - 1, d + (d < 10 ? 0x30 : 0x57));
    value >>= 4;
  }
  return at + 16;
}

/** True without the letters A to Z. */
export function isLowerCase(at: usize, size: usize): bool {
  for (let end = at + size; at < end; at++) {
    let byte = load<u8>(at);
    if (byte >= 0x41 && byte <= 0x5a) return false;
  }
  return true;
}
