// A module with bounded memory. Knows where WebAssembly's binary format keeps the limit of a memory.

const HEADER = 8;
const MEMORY_SECTION = 5;

/** The unsigned number (LEB128) at `at`, and its end. */
function readNumber(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)];
}

/** `bytes` with a memory of at most `pages` of 64 KiB: beyond that, `memory.grow` fails. */
export function limitMemory(bytes: Uint8Array, pages: number): Uint8Array {
  for (let at = HEADER; at < bytes.length;) {
    const [size, start] = readNumber(bytes, at + 1);
    if (bytes[at] !== MEMORY_SECTION) {
      at = start + size;
      continue;
    }
    // One memory: [count 1][has a maximum][least][most].
    const [least] = readNumber(bytes, start + 2);
    const section = [1, 1, ...number(least), ...number(pages)];
    return Buffer.concat([
      bytes.subarray(0, at),
      Uint8Array.from([MEMORY_SECTION, ...number(section.length), ...section]),
      bytes.subarray(start + size),
    ]);
  }
  throw new Error("the module has no memory");
}
