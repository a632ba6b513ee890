import { MAX_DOUBLE, writeDouble, writeWholeDouble } from "../../../../assembly/bytes/double";
import { Slice, toText } from "../../../../assembly/bytes/slice";

const at: usize = heap.alloc(64);
const written: Slice = new Slice();

/** The text up to `end`, if it isn't too long. */
function textTo(end: usize): string {
  assert(end - at <= MAX_DOUBLE);
  written.set(at, <u32>(end - at));
  return toText(written);
}

function six(value: f64): string {
  return textTo(writeDouble(at, value, 6));
}

function whole(value: f64): string {
  return textTo(writeWholeDouble(at, value));
}

describe("a number with six digits", () => {
  it("has no point if it is an integer", () => {
    expect(six(42)).toBe("42");
    expect(six(0)).toBe("0");
    expect(six(1)).toBe("1");
    expect(six(100)).toBe("100");
    expect(six(999999)).toBe("999999");
    expect(six(-7)).toBe("-7");
  });

  it("has as many places as it needs", () => {
    expect(six(0.5)).toBe("0.5");
    expect(six(-1.5)).toBe("-1.5");
    expect(six(0.1)).toBe("0.1");
    expect(six(1.0 / 3.0)).toBe("0.333333");
    expect(six(200.0 / 3.0)).toBe("66.6667");
    expect(six(0.0001)).toBe("0.0001");
    expect(six(0.00012345678)).toBe("0.000123457");
  });

  it("has an exponent above six digits and below four leading zeros", () => {
    expect(six(1000000)).toBe("1e+06");
    expect(six(1234567)).toBe("1.23457e+06");
    expect(six(0.00001)).toBe("1e-05");
    expect(six(0.000012345)).toBe("1.2345e-05");
    expect(six(1e21)).toBe("1e+21");
    expect(six(-1e100)).toBe("-1e+100");
  });

  it("is rounded, half to even, also across nines", () => {
    expect(six(999999.5)).toBe("1e+06");
    expect(six(999998.5)).toBe("999998");
    expect(six(100000.5)).toBe("100000");
    expect(six(100001.5)).toBe("100002");
    expect(six(0.99999951)).toBe("1");
    expect(six(0.000099999951)).toBe("0.0001");
    // Slightly more than a half, far beyond the last significant digit.
    expect(six(100000.5 + 1.0 / 1024 / 1024 / 1024)).toBe("100001");
  });

  it("can be any number", () => {
    expect(six(5e-324)).toBe("4.94066e-324");
    expect(six(2.2250738585072014e-308)).toBe("2.22507e-308");
    expect(six(f64.MAX_VALUE)).toBe("1.79769e+308");
    expect(six(-0.0)).toBe("-0");
    expect(six(NaN)).toBe("nan");
    expect(six(Infinity)).toBe("inf");
    expect(six(-Infinity)).toBe("-inf");
  });
});

describe("a whole number", () => {
  it("has fifteen digits if they identify it", () => {
    expect(whole(0)).toBe("0");
    expect(whole(42)).toBe("42");
    expect(whole(-0.1)).toBe("-0.1");
    expect(whole(1234567)).toBe("1234567");
    expect(whole(999999999999999)).toBe("999999999999999");
    expect(whole(1e15)).toBe("1e+15");
    expect(whole(1.5e-7)).toBe("1.5e-07");
  });

  it("has seventeen digits if it needs them", () => {
    expect(whole(1.0 / 3.0)).toBe("0.33333333333333331");
    expect(whole(9007199254740991)).toBe("9007199254740991");
    expect(whole(123456789012345680)).toBe("1.2345678901234568e+17");
    expect(whole(5e-324)).toBe("4.9406564584124654e-324");
    expect(whole(-f64.MAX_VALUE)).toBe("-1.7976931348623157e+308");
  });
});
