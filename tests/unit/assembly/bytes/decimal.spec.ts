import { reset } from "../../../../assembly/bytes/arena";
import { MAX_DECIMAL, readDecimal, toDecimal, writeDecimal } from "../../../../assembly/bytes/decimal";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, fence, hexOf } from ".";
import { chance, startChance } from "../chance";

const NOTHING: u32 = 4242424242;
const buffer = heap.alloc(32);

function write(value: u64): string {
  let size = writeDecimal(buffer, value) - buffer;
  return String.UTF8.decodeUnsafe(buffer, size);
}

/** The result of readDecimal() for `digits`; NOTHING if it rejects them. */
function read(digits: string): u32 {
  let bytes = text(digits);
  return readDecimal(fence(bytes.at, bytes.size), bytes.size, NOTHING);
}

describe("writeDecimal", () => {
  it("writes zero as one digit", () => {
    expect(write(0)).toBe("0");
  });

  it("writes each one-digit number", () => {
    for (let i = 0; i < 10; i++) expect(write(i)).toBe(i.toString());
  });

  it("uses one more digit at each power of ten", () => {
    let power: u64 = 10;
    let nines = "9";
    let zeros = "0";
    for (let digits = 1; digits < 20; digits++) {
      expect(write(power - 1)).toBe(nines);
      expect(write(power)).toBe("1" + zeros);
      power *= 10;
      nines += "9";
      zeros += "0";
    }
  });

  it("writes the largest number in the 20 bytes promised", () => {
    expect(write(u64.MAX_VALUE)).toBe("18446744073709551615");
    expect(MAX_DECIMAL).toBe(20);
  });

  it("writes nothing besides its digits", () => {
    let framed = new Bytes().repeat(0xee, 22);
    expect(writeDecimal(framed.at + 1, 1000000000000)).toBe(framed.at + 14);
    expect(hexOf(framed.at, 1)).toBe("ee");
    expect(hexOf(framed.at + 14, 8)).toBe("ee ee ee ee ee ee ee ee");
  });

  it("agrees with the language's own conversion for random numbers", () => {
    startChance(2);
    let wrong = "";
    for (let i: u64 = 0; i < 1000; i++) {
      let value = chance() >> (i & 63);
      if (write(value) !== value.toString()) wrong += value.toString() + " ";
    }
    expect(wrong).toBe("");
  });
});

describe("toDecimal", () => {
  it("returns a number as a string", () => {
    expect(toDecimal(0)).toBe("0");
    expect(toDecimal(1048576)).toBe("1048576");
    expect(toDecimal(u64.MAX_VALUE)).toBe("18446744073709551615");
  });

  it("returns strings that stay valid when the next one is made", () => {
    let first = toDecimal(1);
    let second = toDecimal(22);
    reset();
    expect(toDecimal(333)).toBe("333");
    expect(first + second).toBe("122");
  });
});

describe("readDecimal", () => {
  it("reads zero", () => {
    expect(read("0")).toBe(0);
  });

  it("reads one digit and nine", () => {
    expect(read("9")).toBe(9);
    expect(read("10")).toBe(10);
    expect(read("123456789")).toBe(123456789);
    expect(read("999999999")).toBe(999999999);
  });

  it("ignores leading zeros", () => {
    expect(read("007")).toBe(7);
    expect(read("000000000")).toBe(0);
  });

  it("falls back for no digits", () => {
    expect(read("")).toBe(NOTHING);
  });

  it("falls back for ten digits, even with zeros in front", () => {
    expect(read("1000000000")).toBe(NOTHING);
    expect(read("0000000001")).toBe(NOTHING);
  });

  it("falls back for an absurd size without reading anything", () => {
    expect(readDecimal(fence(buffer, 0), u32.MAX_VALUE, NOTHING)).toBe(NOTHING);
  });

  it("falls back for every other byte, at every position", () => {
    let wrong = "";
    for (let place: u32 = 0; place < 3; place++) {
      for (let byte: u32 = 0; byte < 256; byte++) {
        memory.fill(buffer, 0x31, 3);
        store<u8>(buffer + place, byte);
        let isDigit = byte >= 0x30 && byte <= 0x39;
        if ((readDecimal(buffer, 3, NOTHING) !== NOTHING) !== isDigit) wrong += byte.toString(16) + " ";
      }
    }
    expect(wrong).toBe("");
  });

  it("falls back for a sign and for blanks", () => {
    expect(read("-1")).toBe(NOTHING);
    expect(read("+1")).toBe(NOTHING);
    expect(read(" 1")).toBe(NOTHING);
    expect(read("1 ")).toBe(NOTHING);
  });
});
