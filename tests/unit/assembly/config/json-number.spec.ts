import { Json, JsonReader, NUMBER } from "../../../../assembly/config/json";
import { text } from "../../../../assembly/bytes/slice";
import { fence } from "../bytes";

const reader = new JsonReader();
const REFUSED: i64 = -2;

/** The number in ten-thousandths; REFUSED if it isn't JSON. */
function number(json: string): i64 {
  let bytes = text(json);
  let value: Json = reader.parse(fence(bytes.at, bytes.size), bytes.size);
  if (reader.error.length > 0) return REFUSED;
  expect(value.type).toBe(NUMBER, json);
  expect(value.raw).toBe(json);
  return value.number;
}

describe("a JSON number in ten-thousandths", () => {
  it("is exact for integers", () => {
    expect(number("0")).toBe(0);
    expect(number("1")).toBe(10000);
    expect(number("10")).toBe(100000);
    expect(number("268435456")).toBe(2684354560000);
    expect(number("4294967296")).toBe(42949672960000);
    expect(number("99999999999999")).toBe(999999999999990000);
  });

  it("is exact for fractions down to one ten-thousandth", () => {
    expect(number("0.0001")).toBe(1);
    expect(number("0.9999")).toBe(9999);
    expect(number("0.5")).toBe(5000);
    expect(number("12.3456")).toBe(123456);
  });

  it("is exact for fractions with trailing zeros", () => {
    expect(number("1.0")).toBe(10000);
    expect(number("0.50000000")).toBe(5000);
    expect(number("0.000100000")).toBe(1);
    expect(number("0.0000000000")).toBe(0);
  });

  it("is exact for exponents of either case and sign", () => {
    expect(number("1e2")).toBe(1000000);
    expect(number("1E2")).toBe(1000000);
    expect(number("1e+2")).toBe(1000000);
    expect(number("1e-4")).toBe(1);
    expect(number("1E-4")).toBe(1);
    expect(number("2.5e1")).toBe(250000);
    expect(number("10000e-8")).toBe(1);
    expect(number("1e0")).toBe(10000);
    expect(number("1e00000000000000000002")).toBe(1000000);
  });

  it("is 0 for every way to write zero", () => {
    expect(number("-0")).toBe(0);
    expect(number("-0.0")).toBe(0);
    expect(number("0e0")).toBe(0);
    expect(number("-0e-5")).toBe(0);
    expect(number("0e999999999999999999999")).toBe(0);
    expect(number("0e-999999999999999999999")).toBe(0);
  });

  it("is -1 for numbers below one ten-thousandth, or between two multiples", () => {
    expect(number("0.00001")).toBe(-1);
    expect(number("1.00001")).toBe(-1);
    expect(number("1e-5")).toBe(-1);
    expect(number("1e-999999999999999999999")).toBe(-1);
    expect(number("12345e-9")).toBe(-1);
  });

  it("is -1 for negative numbers", () => {
    expect(number("-1")).toBe(-1);
    expect(number("-0.0001")).toBe(-1);
    expect(number("-1e-9")).toBe(-1);
    expect(number("-123456789012345678901234567890")).toBe(-1);
  });

  it("is -1 for numbers too large to be exact, and never wraps around", () => {
    expect(number("123456789012345678901234567890")).toBe(-1);
    expect(number("1e15")).toBe(-1);
    expect(number("1e999999999999999999999")).toBe(-1);
    expect(number("1844674407370955")).toBe(-1);
    // 2^64 and 2^64 / 10000, where a wrapping integer would be 0 again.
    expect(number("18446744073709551616")).toBe(-1);
    expect(number("1844674407370955.1616")).toBe(-1);
    expect(number("92233720368547758070000")).toBe(-1);
    expect(number("0.123456789012345678901234567890")).toBe(-1);
  });
});

describe("text that looks like a JSON number", () => {
  it("is refused with a leading zero", () => {
    expect(number("01")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 0: found 0, expected a number without leading zeros");
    expect(number("00")).toBe(REFUSED);
    expect(number("-01")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 1: found 0, expected a number without leading zeros");
    expect(number("007.5")).toBe(REFUSED);
  });

  it("is refused without digits before the point", () => {
    expect(number(".5")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 0: found ., expected a value");
    expect(number("-.5")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 1: found ., expected a digit");
  });

  it("is refused without digits after the point", () => {
    expect(number("1.")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 2: found the end, expected a digit");
    expect(number("1.e5")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 2: found e, expected a digit");
  });

  it("is refused without digits in the exponent", () => {
    expect(number("1e")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 2: found the end, expected a digit");
    expect(number("1e+")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 3: found the end, expected a digit");
    expect(number("1E-x")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 3: found x, expected a digit");
  });

  it("is refused without any digits", () => {
    expect(number("-")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 1: found the end, expected a digit");
    expect(number("--1")).toBe(REFUSED);
    expect(number("-e5")).toBe(REFUSED);
  });

  it("is refused with a leading plus", () => {
    expect(number("+1")).toBe(REFUSED);
    expect(reader.error).toBe("not JSON at byte 0: found +, expected a value");
  });

  it("is refused in the notations of other languages", () => {
    expect(number("0x10")).toBe(REFUSED);
    expect(number("1_000")).toBe(REFUSED);
    expect(number("1,000")).toBe(REFUSED);
    expect(number("NaN")).toBe(REFUSED);
    expect(number("Infinity")).toBe(REFUSED);
    expect(number("-Infinity")).toBe(REFUSED);
    expect(number("1e5.5")).toBe(REFUSED);
    expect(number("1.2.3")).toBe(REFUSED);
    expect(number("5s")).toBe(REFUSED);
  });
});
