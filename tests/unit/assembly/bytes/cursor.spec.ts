import { BYTES, Cursor, FIXED32, FIXED64, VARINT } from "../../../../assembly/bytes/protobuf";
import { Bytes, fence, hexOf } from ".";
import { below, startChance } from "../chance";

/** One field of each kind, and the end of each. */
const MESSAGE = new Bytes()
  .hex("08 96 01") // field 1, varint: 150
  .hex("11 01 02 03 04 05 06 07 08") // field 2, eight bytes
  .hex("1a 07 74 65 73 74 69 6e 67") // field 3, bytes: "testing"
  .hex("25 0a 0b 0c 0d") // field 4, four bytes
  .hex("2a 00") // field 5, no bytes
  .hex("78 ff ff ff ff ff ff ff ff ff 01") // field 15, varint: the largest there is
  .hex("80 01 00"); // field 16, varint: 0
const ENDS: u32[] = [0, 3, 12, 21, 26, 28, 39, 42];

function over(bytes: Bytes): Cursor {
  return new Cursor(fence(bytes.at, bytes.size), bytes.size);
}

/** A cursor after reading `digits` to the end or to the first mistake. */
function through(digits: string): Cursor {
  let cursor = over(new Bytes().hex(digits));
  while (cursor.advance());
  return cursor;
}

describe("a cursor over a whole message", () => {
  it("stops at each field, with its content", () => {
    let cursor = over(MESSAGE);
    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(1);
    expect(cursor.wireType).toBe(VARINT);
    expect(cursor.value).toBe(150);

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(2);
    expect(cursor.wireType).toBe(FIXED64);
    expect(hexOf(cursor.at, 8)).toBe("01 02 03 04 05 06 07 08");

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(3);
    expect(cursor.wireType).toBe(BYTES);
    expect(String.UTF8.decodeUnsafe(cursor.at, cursor.size)).toBe("testing");

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(4);
    expect(cursor.wireType).toBe(FIXED32);
    expect(hexOf(cursor.at, 4)).toBe("0a 0b 0c 0d");

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(5);
    expect(cursor.wireType).toBe(BYTES);
    expect(cursor.size).toBe(0);

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(15);
    expect(cursor.value).toBe(u64.MAX_VALUE);

    expect(cursor.advance()).toBe(true);
    expect(cursor.field).toBe(16);
    expect(cursor.value).toBe(0);

    expect(cursor.advance()).toBe(false);
    expect(cursor.malformed).toBe(false);
  });

  it("finds no field in no bytes", () => {
    let cursor = through("");
    expect(cursor.field).toBe(0);
    expect(cursor.malformed).toBe(false);
  });

  it("reads a number that takes more bytes than it needs", () => {
    let cursor = over(new Bytes().hex("08 80 80 00"));
    expect(cursor.advance()).toBe(true);
    expect(cursor.value).toBe(0);
    expect(cursor.advance()).toBe(false);
    expect(cursor.malformed).toBe(false);
  });

  it("stays at the end", () => {
    let cursor = through("08 01");
    expect(cursor.advance()).toBe(false);
    expect(cursor.advance()).toBe(false);
    expect(cursor.malformed).toBe(false);
  });
});

describe("a cursor over anything else", () => {
  it("treats every truncation as malformed, except at the end of a field", () => {
    let wrong = "";
    for (let size: u32 = 0; size < MESSAGE.size; size++) {
      let cursor = new Cursor(fence(MESSAGE.at, size), size);
      let fields = 0;
      while (cursor.advance()) fields++;
      let isWhole = ENDS.includes(size);
      let whole = 0;
      while (ENDS[whole + 1] <= size) whole++;
      if (cursor.malformed === isWhole || fields !== whole) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("refuses the wire types 3, 4, 6 and 7", () => {
    expect(through("0b 01").malformed).toBe(true);
    expect(through("0c 01").malformed).toBe(true);
    expect(through("0e 01").malformed).toBe(true);
    expect(through("0f 01").malformed).toBe(true);
  });

  it("refuses a length one byte beyond the end", () => {
    expect(through("1a 03 61 62 63").malformed).toBe(false);
    expect(through("1a 04 61 62 63").malformed).toBe(true);
  });

  it("refuses lengths that would wrap around", () => {
    expect(through("1a ff ff ff ff 0f 61").malformed).toBe(true);
    expect(through("1a 80 80 80 80 10").malformed).toBe(true);
    expect(through("1a 81 80 80 80 10 61").malformed).toBe(true);
    expect(through("1a ff ff ff ff ff ff ff ff ff 01 61").malformed).toBe(true);
  });

  it("refuses a varint of eleven bytes", () => {
    expect(through("08 80 80 80 80 80 80 80 80 80 80 01").malformed).toBe(true);
  });

  it("refuses a key of eleven bytes", () => {
    expect(through("88 80 80 80 80 80 80 80 80 80 00 01").malformed).toBe(true);
  });

  it("refuses fields of eight and four bytes that are incomplete", () => {
    expect(through("09 01 02 03 04 05 06 07").malformed).toBe(true);
    expect(through("0d 01 02 03").malformed).toBe(true);
  });

  it("returns nothing after a mistake, even if a field follows", () => {
    let cursor = over(new Bytes().hex("0b 08 01 08 01"));
    expect(cursor.advance()).toBe(false);
    expect(cursor.advance()).toBe(false);
    expect(cursor.malformed).toBe(true);
  });

  it("ends, and stays within bounds, whichever byte of a message is changed", () => {
    let changed = new Bytes().add(MESSAGE.at, MESSAGE.size);
    let wrong = "";
    for (let i: u32 = 0; i < MESSAGE.size; i++) {
      for (let byte = 0; byte < 256; byte++) {
        store<u8>(changed.at + i, <u8>byte);
        if (!staysInside(changed.at, changed.size)) wrong += i.toString() + "=" + byte.toString(16) + " ";
      }
      store<u8>(changed.at + i, load<u8>(MESSAGE.at + i));
    }
    expect(wrong).toBe("");
  });

  it("ends, and stays within bounds, on random bytes", () => {
    startChance(9);
    let given = heap.alloc(40);
    let wrong = "";
    for (let i = 0; i < 50000; i++) {
      let size = below(40);
      for (let j: u32 = 0; j < size; j++) store<u8>(given + j, below(4) === 0 ? below(256) : below(32));
      if (!staysInside(given, size)) wrong += hexOf(given, size) + ", ";
    }
    expect(wrong).toBe("");
  });
});

/**
 * Reads `size` bytes at `from`; false if a field's content is out of bounds or the cursor does not end.
 */
function staysInside(from: usize, size: u32): bool {
  let start = fence(from, size);
  let cursor = new Cursor(start, size);
  for (let steps: u32 = 0; cursor.advance(); steps++) {
    if (steps > size) return false;
    if (cursor.wireType === BYTES && (cursor.at < start || cursor.at + cursor.size > start + size)) return false;
  }
  return true;
}
