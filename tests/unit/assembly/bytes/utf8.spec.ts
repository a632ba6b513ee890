// The judge here decodes code points and applies Unicode's rules to them; the code under test compares byte ranges.
// RFC 3629 defines both.
import { allocate, reset } from "../../../../assembly/bytes/arena";
import { Slice, text } from "../../../../assembly/bytes/slice";
import { makeValid } from "../../../../assembly/bytes/utf8";
import { Bytes, fence, hexOf } from ".";
import { below, startChance } from "../chance";

const slice = new Slice();

/** The size of the character at `at`; 0 if there is none. */
function judge(at: usize, end: usize): u32 {
  let first = <u32>load<u8>(at);
  if (first < 0x80) return 1;
  let size: u32 = first >> 5 === 0b110 ? 2 : first >> 4 === 0b1110 ? 3 : first >> 3 === 0b11110 ? 4 : 0;
  if (size === 0 || at + size > end) return 0;
  let point = first & (0x7f >> size);
  for (let i: u32 = 1; i < size; i++) {
    let next = <u32>load<u8>(at + i);
    if (next >> 6 !== 0b10) return 0;
    point = (point << 6) | (next & 0x3f);
  }
  let least: u32 = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  let isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= least && point <= 0x10ffff && !isSurrogate ? size : 0;
}

const expected = new Bytes();

/** Puts the expected result of makeValid() into `expected`; false if the bytes are already valid. */
function mend(at: usize, size: u32): bool {
  expected.size = 0;
  let mended = false;
  for (let end = at + size; at < end;) {
    let width = judge(at, end);
    if (width > 0) expected.add(at, width);
    else expected.byte(0xef).byte(0xbf).byte(0xbd);
    mended = mended || width === 0;
    at += max(width, 1);
  }
  return mended;
}

/** True if makeValid() agrees with the judge on the `size` bytes at `at`. It must not even copy valid bytes. */
function isRight(at: usize, size: u32): bool {
  reset();
  let copy = fence(at, size);
  slice.set(copy, size);
  makeValid(slice);
  if (!mend(at, size)) return slice.at === copy && slice.size === size;
  return slice.size === expected.size && memory.compare(slice.at, expected.at, slice.size) === 0;
}

function valid(bytes: string): string {
  let given = new Bytes().hex(bytes);
  slice.set(fence(given.at, given.size), given.size);
  makeValid(slice);
  return hexOf(slice.at, slice.size);
}

describe("makeValid", () => {
  it("keeps the first and the last character of each row of RFC 3629", () => {
    expect(valid("00 7f")).toBe("00 7f");
    expect(valid("c2 80 df bf")).toBe("c2 80 df bf");
    expect(valid("e0 a0 80 e0 bf bf")).toBe("e0 a0 80 e0 bf bf");
    expect(valid("e1 80 80 ec bf bf")).toBe("e1 80 80 ec bf bf");
    expect(valid("ed 80 80 ed 9f bf")).toBe("ed 80 80 ed 9f bf");
    expect(valid("ee 80 80 ef bf bf")).toBe("ee 80 80 ef bf bf");
    expect(valid("f0 90 80 80 f0 bf bf bf")).toBe("f0 90 80 80 f0 bf bf bf");
    expect(valid("f1 80 80 80 f3 bf bf bf")).toBe("f1 80 80 80 f3 bf bf bf");
    expect(valid("f4 80 80 80 f4 8f bf bf")).toBe("f4 80 80 80 f4 8f bf bf");
  });

  it("replaces each byte of an overlong form", () => {
    expect(valid("c0 80")).toBe("ef bf bd ef bf bd");
    expect(valid("c1 bf")).toBe("ef bf bd ef bf bd");
    expect(valid("e0 80 af")).toBe("ef bf bd ef bf bd ef bf bd");
    expect(valid("e0 9f bf")).toBe("ef bf bd ef bf bd ef bf bd");
    expect(valid("f0 8f bf bf")).toBe("ef bf bd ef bf bd ef bf bd ef bf bd");
  });

  it("replaces each byte of a surrogate, alone and in a pair", () => {
    expect(valid("ed a0 80")).toBe("ef bf bd ef bf bd ef bf bd");
    expect(valid("ed bf bf")).toBe("ef bf bd ef bf bd ef bf bd");
    expect(valid("ed a0 bd ed b8 80")).toBe("ef bf bd ef bf bd ef bf bd ef bf bd ef bf bd ef bf bd");
  });

  it("replaces everything above U+10FFFF", () => {
    expect(valid("f4 90 80 80")).toBe("ef bf bd ef bf bd ef bf bd ef bf bd");
    expect(valid("f5 80 80 80")).toBe("ef bf bd ef bf bd ef bf bd ef bf bd");
  });

  it("replaces a character cut off by the end", () => {
    expect(valid("61 c3")).toBe("61 ef bf bd");
    expect(valid("61 e2 82")).toBe("61 ef bf bd ef bf bd");
    expect(valid("61 f0 9f 98")).toBe("61 ef bf bd ef bf bd ef bf bd");
  });

  it("keeps what follows an incomplete character", () => {
    expect(valid("e2 82 41")).toBe("ef bf bd ef bf bd 41");
    expect(valid("e2 c3 a9")).toBe("ef bf bd c3 a9");
    expect(valid("f0 9f 98 e2 82 ac")).toBe("ef bf bd ef bf bd ef bf bd e2 82 ac");
  });

  it("replaces lone continuation bytes, 0xfe and 0xff", () => {
    expect(valid("80")).toBe("ef bf bd");
    expect(valid("61 bf 62")).toBe("61 ef bf bd 62");
    expect(valid("fe ff")).toBe("ef bf bd ef bf bd");
  });

  it("considers an empty slice valid", () => {
    expect(isRight(slice.at, 0)).toBe(true);
  });

  it("does not copy valid bytes", () => {
    let given = text("reviews — 😀");
    slice.set(given.at, given.size);
    makeValid(slice);
    expect(slice.at).toBe(given.at);
    expect(slice.size).toBe(given.size);
  });

  it("leaves the original bytes unchanged", () => {
    let given = new Bytes().hex("61 ff 62");
    slice.set(given.at, given.size);
    makeValid(slice);
    expect(hexOf(given.at, given.size)).toBe("61 ff 62");
  });

  it("keeps its copy apart from later allocations", () => {
    reset();
    let given = new Bytes().repeat(0xff, 100);
    slice.set(given.at, given.size);
    makeValid(slice);
    memory.fill(allocate(1000), 0x61, 1000);
    let wrong = "";
    for (let i: u32 = 0; i < slice.size; i++) {
      if (load<u8>(slice.at + i) === 0x61) wrong += i.toString() + " ";
    }
    expect(slice.size).toBe(300);
    expect(wrong).toBe("");
  });

  it("finds one bad byte in long ASCII, at every position of every length", () => {
    let wrong = "";
    for (let size: u32 = 1; size <= 40; size++) {
      for (let place: u32 = 0; place < size; place++) {
        let given = new Bytes().repeat(0x61, size);
        store<u8>(given.at + place, 0xff);
        if (!isRight(given.at, size)) wrong += place.toString() + "/" + size.toString() + " ";
        heap.free(given.at);
      }
    }
    expect(wrong).toBe("");
  });

  it("keeps one character beyond ASCII in long ASCII, at every position", () => {
    let wrong = "";
    for (let place: u32 = 0; place < 30; place++) {
      let given = new Bytes()
        .repeat(0x61, place)
        .text("é")
        .repeat(0x61, 30 - place);
      if (!isRight(given.at, given.size)) wrong += place.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("agrees with RFC 3629 on every row of two bytes", () => {
    let given = heap.alloc(2);
    let wrong = "";
    for (let row: u32 = 0; row < 0x10000; row++) {
      store<u16>(given, row);
      if (!isRight(given, 2)) wrong += hexOf(given, 2) + ", ";
    }
    expect(wrong).toBe("");
  });

  it("agrees with RFC 3629 on every row of four bytes from the ends of its ranges", () => {
    let ends = new Bytes().hex("00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff");
    let given = heap.alloc(4);
    let wrong = "";
    for (let row: u32 = 0; row < ends.size * ends.size * ends.size * ends.size; row++) {
      let rest = row;
      for (let i = 0; i < 4; i++, rest /= ends.size) store<u8>(given + i, load<u8>(ends.at + (rest % ends.size)));
      if (!isRight(given, 4)) wrong += hexOf(given, 4) + ", ";
    }
    expect(wrong).toBe("");
  });

  it("agrees with RFC 3629 on random bytes", () => {
    startChance(6);
    let given = heap.alloc(64);
    let wrong = "";
    for (let i = 0; i < 20000; i++) {
      let size = below(64);
      // Half are continuation bytes, or there would hardly be a valid character.
      for (let j: u32 = 0; j < size; j++) store<u8>(given + j, below(2) === 0 ? 0x80 | below(64) : below(256));
      if (!isRight(given, size)) wrong += hexOf(given, size) + ", ";
    }
    expect(wrong).toBe("");
  });
});
