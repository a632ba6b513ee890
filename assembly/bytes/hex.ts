// Hexadecimal digits to u64 and back. Reads both cases, writes lower case; knows nothing of what the number means.

/** The number that the last successful readHex() read. */
export let hexValue: u64 = 0;

function digit(byte: u32): u32 {
  let decimal = byte - 0x30;
  if (decimal < 10) return decimal;
  let letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

/** Reads 1 to 16 digits into `hexValue`; false, with `hexValue` as it was, for any other size or any other byte. */
export function readHex(at: usize, size: u32): bool {
  if (size - 1 > 15) return false;
  let value: u64 = 0;
  for (let end = at + size; at < end; at++) {
    let d = digit(load<u8>(at));
    if (d > 15) return false;
    value = (value << 4) | d;
  }
  hexValue = value;
  return true;
}

/** Writes `value` as 16 lower-case digits; returns the address behind them. */
export function writeHex(at: usize, value: u64): usize {
  for (let i: usize = 16; i > 0; i--) {
    let d = (<u32>value) & 15;
    store<u8>(at + i - 1, d + (d < 10 ? 0x30 : 0x57));
    value >>= 4;
  }
  return at + 16;
}
