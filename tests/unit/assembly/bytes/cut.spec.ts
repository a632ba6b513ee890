import { cutSize } from "../../../../assembly/bytes/utf8";
import { text, toText, Slice } from "../../../../assembly/bytes/slice";
import { Bytes, fence, hexOf } from ".";
import { below, startChance } from "../chance";

const slice = new Slice();

function cut(value: string, max: u32): string {
  let bytes = text(value);
  let at = fence(bytes.at, bytes.size);
  slice.set(at, cutSize(at, bytes.size, max));
  return toText(slice);
}

/** The size of the character that begins with `first`, if any: the bytes that must stay together. */
function widthOf(first: u32): u32 {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xc2 && first <= 0xdf ? 2 : 1;
}

/** True if a cut at `place` separates a leading byte from its continuation bytes. */
function splits(at: usize, size: u32, place: u32): bool {
  if (place >= size || (load<u8>(at + place) & 0xc0) !== 0x80) return false;
  for (let back: u32 = 1; back <= 3 && back <= place; back++) {
    let byte = <u32>load<u8>(at + place - back);
    if ((byte & 0xc0) !== 0x80) return widthOf(byte) > back;
  }
  return false;
}

describe("cutSize", () => {
  it("keeps everything that fits", () => {
    expect(cut("/productpage", 12)).toBe("/productpage");
    expect(cut("/productpage", 256)).toBe("/productpage");
    expect(cut("/é", 3)).toBe("/é");
  });

  it("cuts ASCII at the byte", () => {
    expect(cut("/productpage", 11)).toBe("/productpag");
    expect(cut("/productpage", 1)).toBe("/");
  });

  it("keeps nothing if nothing is allowed", () => {
    expect(cut("/productpage", 0)).toBe("");
    expect(cut("é", 0)).toBe("");
    expect(cut("", 0)).toBe("");
  });

  it("leaves out a character of two bytes that does not fit", () => {
    expect(cut("aéb", 1)).toBe("a");
    expect(cut("aéb", 2)).toBe("a");
    expect(cut("aéb", 3)).toBe("aé");
  });

  it("leaves out a character of three bytes that does not fit", () => {
    expect(cut("a€b", 2)).toBe("a");
    expect(cut("a€b", 3)).toBe("a");
    expect(cut("a€b", 4)).toBe("a€");
  });

  it("leaves out a character of four bytes that does not fit", () => {
    for (let max: u32 = 1; max < 5; max++) expect(cut("a😀b", max)).toBe("a");
    expect(cut("a😀b", 5)).toBe("a😀");
  });

  it("keeps nothing if even the first character does not fit", () => {
    for (let max: u32 = 0; max < 4; max++) expect(cut("😀", max)).toBe("");
  });

  it("cuts a long sequence of characters after the last whole one", () => {
    let row = "";
    for (let i = 0; i < 100; i++) row += "€";
    expect(text(cut(row, 256)).size).toBe(255);
  });

  it("cuts bytes that are not UTF-8 at the limit instead of dropping them", () => {
    let garbage = new Bytes().repeat(0x80, 300);
    expect(cutSize(garbage.at, garbage.size, 256)).toBe(256);
    expect(cutSize(garbage.at, garbage.size, 2)).toBe(2);
  });

  it("never splits a character or loses more than three bytes, for valid text and for garbage", () => {
    startChance(7);
    let given = heap.alloc(24);
    let wrong = "";
    for (let i = 0; i < 100000; i++) {
      let size = below(24);
      for (let j: u32 = 0; j < size; j++) store<u8>(given + j, below(2) === 0 ? 0x80 | below(64) : below(256));
      let limit = below(26);
      let place = cutSize(fence(given, size), size, limit);
      let most = min(limit, size);
      if (place > most || place + 3 < most || splits(given, size, place)) {
        wrong += hexOf(given, size) + " at " + limit.toString() + ", ";
      }
    }
    expect(wrong).toBe("");
  });
});
