import { HexNumber, writeHex } from "../../../../assembly/bytes/hex";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, fence, hexOf } from ".";
import { chance, startChance } from "../chance";

const hex = new HexNumber();

function read(digits: string): bool {
  let bytes = text(digits);
  return hex.read(fence(bytes.at, bytes.size), bytes.size);
}

/** True if `byte` is a digit, determined differently than in the code under test. */
function isDigit(byte: u32): bool {
  return "0123456789abcdefABCDEF".includes(String.fromCharCode(byte));
}

const buffer = heap.alloc(32);

describe("reading hex", () => {
  it("reads every lower-case digit", () => {
    expect(read("0123456789abcdef")).toBe(true);
    expect(hex.value).toBe(<u64>0x0123456789abcdef);
  });

  it("reads every upper-case digit", () => {
    expect(read("FEDCBA9876543210")).toBe(true);
    expect(hex.value).toBe(<u64>0xfedcba9876543210);
  });

  it("reads a single zero", () => {
    expect(read("1")).toBe(true);
    expect(read("0")).toBe(true);
    expect(hex.value).toBe(<u64>0);
  });

  it("reads each width from 1 to 16 digits", () => {
    let digits = "";
    for (let width = 1; width <= 16; width++) {
      digits += "f";
      expect(read(digits)).toBe(true, digits);
      expect(hex.value).toBe(u64.MAX_VALUE >> (64 - width * 4), digits);
    }
  });

  it("refuses no digits", () => {
    expect(read("")).toBe(false);
  });

  it("refuses 17 digits, even with a zero in front", () => {
    expect(read("00123456789abcdef")).toBe(false);
  });

  it("refuses absurd sizes without reading anything", () => {
    let end = fence(buffer, 0);
    expect(hex.read(end, u32.MAX_VALUE)).toBe(false);
    expect(hex.read(end, 0x80000000)).toBe(false);
  });

  it("refuses every byte that is not a digit, alone", () => {
    let wrong = "";
    for (let byte: u32 = 0; byte < 256; byte++) {
      store<u8>(buffer, byte);
      if (hex.read(buffer, 1) !== isDigit(byte)) wrong += byte.toString(16) + " ";
    }
    expect(wrong).toBe("");
  });

  it("refuses every byte that is not a digit at every position among 16", () => {
    let wrong = "";
    for (let place: u32 = 0; place < 16; place++) {
      memory.fill(buffer, 0x61, 16);
      for (let byte: u32 = 0; byte < 256; byte++) {
        store<u8>(buffer + place, byte);
        if (hex.read(buffer, 16) !== isDigit(byte)) wrong += byte.toString(16) + "@" + place.toString() + " ";
      }
    }
    expect(wrong).toBe("");
  });

  it("leaves the last value unchanged when it refuses", () => {
    read("abc");
    read("12x");
    expect(hex.value).toBe(<u64>0xabc);
    read("");
    expect(hex.value).toBe(<u64>0xabc);
    read("11112222333344445");
    expect(hex.value).toBe(<u64>0xabc);
  });
});

describe("writeHex", () => {
  it("writes 16 lower-case digits and returns the address just past them", () => {
    expect(writeHex(buffer, 0xfedcba9876543210)).toBe(buffer + 16);
    expect(String.UTF8.decodeUnsafe(buffer, 16)).toBe("fedcba9876543210");
  });

  it("pads zero to full width", () => {
    writeHex(buffer, 0);
    expect(String.UTF8.decodeUnsafe(buffer, 16)).toBe("0000000000000000");
  });

  it("writes the largest number", () => {
    writeHex(buffer, u64.MAX_VALUE);
    expect(String.UTF8.decodeUnsafe(buffer, 16)).toBe("ffffffffffffffff");
  });

  it("writes nothing besides its 16 bytes", () => {
    let framed = new Bytes().repeat(0xee, 18);
    writeHex(framed.at + 1, 0);
    expect(hexOf(framed.at, 1) + hexOf(framed.at + 17, 1)).toBe("eeee");
  });

  it("is reversed by reading, for each bit and for random numbers", () => {
    startChance(1);
    let wrong = "";
    for (let i = 0; i < 1000; i++) {
      let value = i < 64 ? (<u64>1) << i : chance();
      writeHex(buffer, value);
      if (!hex.read(buffer, 16) || hex.value !== value) wrong += value.toString(16) + " ";
    }
    expect(wrong).toBe("");
  });
});
