import {
  BYTES,
  bytesFieldSize,
  closeBytes,
  closePadded,
  Cursor,
  fieldEnd,
  FIXED32,
  FIXED64,
  openBytes,
  openPadded,
  VARINT,
  varintSize,
  writeBytesField,
  writeBytesHead,
  writeFixed64Field,
  writeKey,
  writeShortField,
  writeVarint,
  writeVarintField,
} from "../../../../assembly/bytes/protobuf";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, hexOf } from ".";
import { chance, startChance } from "../chance";

const buffer = heap.alloc(64);

/** The bytes of `value` as a varint. */
function varint(value: u64): string {
  return hexOf(buffer, <u32>(writeVarint(buffer, value) - buffer));
}

/** The number in the varint in `buffer`, by definition: seven bits a byte, lowest first. */
function spelt(size: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < size; i++) value |= (<u64>(load<u8>(buffer + i) & 127)) << (7 * i);
  return value;
}

describe("a varint", () => {
  it("is written as in the encoding's guide", () => {
    expect(varint(0)).toBe("00");
    expect(varint(1)).toBe("01");
    expect(varint(150)).toBe("96 01");
    expect(varint(300)).toBe("ac 02");
  });

  it("takes one more byte at each seventh bit", () => {
    expect(varint(127)).toBe("7f");
    expect(varint(128)).toBe("80 01");
    expect(varint(16383)).toBe("ff 7f");
    expect(varint(16384)).toBe("80 80 01");
    for (let bits: u32 = 7; bits < 64; bits += 7) {
      let first = (<u64>1) << bits;
      expect(varintSize(first - 1)).toBe(bits / 7, bits.toString() + " bits");
      expect(varintSize(first)).toBe(bits / 7 + 1, bits.toString() + " bits and one");
    }
  });

  it("takes ten bytes for the largest number, and no more", () => {
    expect(varint(u64.MAX_VALUE)).toBe("ff ff ff ff ff ff ff ff ff 01");
    expect(varint((<u64>1) << 63)).toBe("80 80 80 80 80 80 80 80 80 01");
  });

  it("has the predicted size and encodes its number, for every count of bits", () => {
    startChance(8);
    let wrong = "";
    for (let i: u64 = 0; i < 6400; i++) {
      let value = chance() >> (i & 63);
      let size = varintSize(value);
      let end = writeVarint(buffer, value);
      let endsOnce = (load<u8>(buffer + size - 1) & 128) === 0;
      if (end !== buffer + size || !endsOnce || spelt(size) !== value) wrong += value.toString() + " ";
    }
    expect(wrong).toBe("");
  });
});

describe("a field", () => {
  it("begins with its number and its wire type in one byte", () => {
    expect(writeKey(buffer, 1, VARINT)).toBe(buffer + 1);
    writeKey(buffer + 1, 2, FIXED64);
    writeKey(buffer + 2, 3, BYTES);
    writeKey(buffer + 3, 15, FIXED32);
    expect(hexOf(buffer, 4)).toBe("08 11 1a 7d");
  });

  it("holds a varint", () => {
    expect(writeVarintField(buffer, 1, 150)).toBe(buffer + 3);
    expect(hexOf(buffer, 3)).toBe("08 96 01");
  });

  it("holds bytes after their length", () => {
    let testing = text("testing");
    expect(writeBytesField(buffer, 2, testing.at, testing.size)).toBe(buffer + 9);
    expect(hexOf(buffer, 9)).toBe("12 07 74 65 73 74 69 6e 67");
  });

  it("may hold no bytes", () => {
    expect(writeBytesField(buffer, 2, 0, 0)).toBe(buffer + 2);
    expect(hexOf(buffer, 2)).toBe("12 00");
  });

  it("has a separate head for bytes written elsewhere", () => {
    expect(writeBytesHead(buffer, 6, 300)).toBe(buffer + 3);
    expect(hexOf(buffer, 3)).toBe("32 ac 02");
  });

  it("of fewer than 128 bytes is written like any other", () => {
    let from = new Bytes().repeat(0x61, 127);
    let one = heap.alloc(160);
    let other = heap.alloc(160);
    for (let size: u32 = 0; size < 128; size++) {
      let written = <u32>(writeShortField(one, 15, from.at, size) - one);
      expect(hexOf(one, written)).toBe(hexOf(other, <u32>(writeBytesField(other, 15, from.at, size) - other)));
    }
  });

  it("has the predicted size", () => {
    let from = new Bytes().repeat(0x61, 20000);
    let at = heap.alloc(20010);
    let sizes: u32[] = [0, 1, 127, 128, 16383, 16384, 20000];
    for (let i = 0; i < sizes.length; i++) {
      expect(<u32>(writeBytesField(at, 3, from.at, sizes[i]) - at)).toBe(bytesFieldSize(sizes[i]));
    }
  });
});

// Contents by size: the length of the smallest is shorter than the room that openBytes() leaves, that of the largest is
// longer, and the content has to move.
const sizes: u32[] = [0, 1, 127, 128, 16383, 16384, 300000];

describe("a field whose size is not known yet", () => {
  it("ends up as if the size had been known", () => {
    for (let i = 0; i < sizes.length; i++) {
      let size = sizes[i];
      startChance(size);
      let content = new Bytes();
      for (let j: u32 = 0; j < size; j++) content.byte(<u8>chance());
      let known = heap.alloc(size + 16);
      let knownSize = writeBytesField(known, 3, content.at, size) - known;

      let unknown = heap.alloc(size + 16);
      let at = openBytes(unknown, 3);
      memory.copy(at, content.at, size);
      let unknownSize = closeBytes(at, at + size) - unknown;
      expect(unknownSize).toBe(knownSize, size.toString());
      expect(memory.compare(unknown, known, knownSize)).toBe(0, size.toString());
    }
  });

  it("leaves the bytes before it alone", () => {
    for (let i = 0; i < sizes.length; i++) {
      let before = heap.alloc(sizes[i] + 24);
      memory.fill(before, 0xee, 8);
      let at = openBytes(before + 8, 1);
      memory.fill(at, 0x61, sizes[i]);
      closeBytes(at, at + sizes[i]);
      expect(load<u64>(before)).toBe(0xeeeeeeeeeeeeeeee);
    }
  });

  it("can hold another field, which is closed first", () => {
    let outer = openBytes(buffer, 1);
    let inner = openBytes(outer, 2);
    store<u16>(inner, 0x6968);
    let end = closeBytes(outer, closeBytes(inner, inner + 2));
    expect(hexOf(buffer, <u32>(end - buffer))).toBe("0a 04 12 02 68 69");
  });

  it("is read back, whatever its size", () => {
    for (let i = 0; i < sizes.length; i++) {
      let start = heap.alloc(sizes[i] + 16);
      let at = openBytes(start, 9);
      memory.fill(at, 0x5a, sizes[i]);
      let cursor = new Cursor(start, <u32>(closeBytes(at, at + sizes[i]) - start));
      expect(cursor.advance()).toBe(true);
      expect(cursor.field).toBe(9);
      expect(cursor.size).toBe(sizes[i]);
      expect(cursor.advance()).toBe(false);
      expect(cursor.malformed).toBe(false);
    }
  });
});

describe("a field whose size is only known later", () => {
  it("has a length of four bytes, whatever its size", () => {
    let lengths = [
      "80 80 80 00",
      "81 80 80 00",
      "ff 80 80 00",
      "80 81 80 00",
      "ff ff 80 00",
      "80 80 81 00",
      "e0 a7 92 00",
    ];
    for (let i = 0; i < sizes.length; i++) {
      let start = heap.alloc(sizes[i] + 8);
      let content = openPadded(start, 3);
      expect(content).toBe(start + 5);
      closePadded(content, content + sizes[i]);
      expect(hexOf(start, 5)).toBe("1a " + lengths[i]);
    }
  });

  it("may have the largest possible size without having its content", () => {
    let content = openPadded(buffer, 1);
    closePadded(content, content + 268435455);
    expect(hexOf(buffer, 5)).toBe("0a ff ff ff 7f");
  });

  it("is read back, and may be closed again with another end", () => {
    for (let i = 0; i < sizes.length; i++) {
      let start = heap.alloc(sizes[i] + 8);
      let content = openPadded(start, 9);
      closePadded(content, content + 70000);
      closePadded(content, content + sizes[i]);
      let cursor = new Cursor(start, sizes[i] + 5);
      expect(cursor.advance()).toBe(true);
      expect(cursor.at).toBe(content);
      expect(cursor.size).toBe(sizes[i]);
      expect(cursor.advance()).toBe(false);
      expect(cursor.malformed).toBe(false);
      expect(fieldEnd(start)).toBe(content + sizes[i]);
    }
  });
});

describe("the end of a field", () => {
  it("is found after a length of one to four bytes", () => {
    for (let i = 0; i < sizes.length; i++) {
      let start = heap.alloc(sizes[i] + 16);
      let content = openBytes(start, 3);
      let end = closeBytes(content, content + sizes[i]);
      expect(fieldEnd(start)).toBe(end, sizes[i].toString());
    }
  });
});

describe("a fixed64", () => {
  it("is eight bytes, little-endian", () => {
    expect(writeFixed64Field(buffer, 7, 0x0102030405060708)).toBe(buffer + 9);
    expect(hexOf(buffer, 9)).toBe("39 08 07 06 05 04 03 02 01");
    writeFixed64Field(buffer, 8, u64.MAX_VALUE);
    expect(hexOf(buffer, 9)).toBe("41 ff ff ff ff ff ff ff ff");
  });
});
