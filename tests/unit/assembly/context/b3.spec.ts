import { ABSENT, MALFORMED, READ, TraceContext } from "../../../../assembly/context/context";
import { MAX_B3, readB3 } from "../../../../assembly/context/b3";
import { Bytes, fence } from "../bytes";
import { told } from "../contexts";

const context = new TraceContext();

/** What readB3() makes of `size` bytes that end where memory ends: the context in one line, or what became of it. */
function readBytes(at: usize, size: u32): string {
  let result = readB3(fence(at, size), size, context);
  if (result === MALFORMED) return "malformed";
  if (result === ABSENT) return "absent";
  return result === READ ? told(context) : "no such result";
}

function read(value: string): string {
  let bytes = new Bytes().text(value);
  return readBytes(bytes.at, bytes.size);
}

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
const PARENT = "05e3ac9a4f6e3b90";
const FULL = TRACE + "-" + SPAN + "-1-" + PARENT;
const NARROW = "463ac35c9f6413ad-a2fb4a1d1a96d312-0-0020000000000001";

describe("a `b3` of the specification", () => {
  it("may have all four parts", () => {
    expect(read(FULL)).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept of 05e3ac9a4f6e3b90");
  });

  it("may have ids only", () => {
    expect(read(TRACE + "-" + SPAN)).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 defer");
  });

  it("may have ids and a decision", () => {
    expect(read(TRACE + "-" + SPAN + "-1")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept");
    expect(read(TRACE + "-" + SPAN + "-0")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 deny");
    expect(read(TRACE + "-" + SPAN + "-d")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 debug");
  });

  it("may be a decision only", () => {
    expect(read("0")).toBe("deny");
    expect(read("1")).toBe("accept");
    expect(read("d")).toBe("debug");
  });

  it("may have a trace id of 64 bits", () => {
    expect(read(NARROW)).toBe("463ac35c9f6413ad a2fb4a1d1a96d312 deny of 0020000000000001");
    expect(context.wide).toBe(false);
  });

  it("stays wide where the upper half of the trace id is zero", () => {
    expect(read("0000000000000000463ac35c9f6413ad-a2fb4a1d1a96d312-1")).toBe(
      "0000000000000000463ac35c9f6413ad a2fb4a1d1a96d312 accept",
    );
  });

  it("may have a trace id whose lower half is zero", () => {
    expect(read("463ac35c9f6413ad0000000000000000-a2fb4a1d1a96d312-1")).toBe(
      "463ac35c9f6413ad0000000000000000 a2fb4a1d1a96d312 accept",
    );
  });

  it("may have a parent without a decision, as Brave reads it", () => {
    expect(read(TRACE + "-" + SPAN + "-" + PARENT)).toBe(
      "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 defer of 05e3ac9a4f6e3b90",
    );
  });

  it("may be 68 bytes long", () => {
    expect(FULL.length).toBe(68);
    expect(MAX_B3).toBe(68);
  });
});

describe("a lenient `b3`", () => {
  it("may have upper-case digits", () => {
    expect(read(FULL.toUpperCase())).toBe(
      "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept of 05e3ac9a4f6e3b90",
    );
  });

  it("may have shorter ids, which have zeros in front", () => {
    expect(read("1-2")).toBe("0000000000000001 0000000000000002 defer");
    expect(read("1-2-1-3")).toBe("0000000000000001 0000000000000002 accept of 0000000000000003");
    expect(read("1-2-d-33")).toBe("0000000000000001 0000000000000002 debug of 0000000000000033");
    expect(read("1-2-33")).toBe("0000000000000001 0000000000000002 defer of 0000000000000033");
    expect(read("abc-def-0")).toBe("0000000000000abc 0000000000000def deny");
  });

  it("may have a trace id of 17 to 31 digits, which is a wide one", () => {
    expect(read("10123456789abcdef-2-1")).toBe("00000000000000010123456789abcdef 0000000000000002 accept");
    for (let size = 17; size < 32; size++) {
      expect(read("1".repeat(size) + "-2-1")).toBe(
        "0".repeat(32 - size) + "1".repeat(size) + " 0000000000000002 accept",
      );
    }
  });

  it("may have a parent of zeros, which is none", () => {
    expect(read("1-2-1-0000000000000000")).toBe("0000000000000001 0000000000000002 accept");
    expect(read("1-2-1-0")).toBe("0000000000000001 0000000000000002 accept");
  });
});

describe("a `b3` without a part", () => {
  it("is absent when it is empty", () => {
    expect(read("")).toBe("absent");
  });

  it("is malformed when it is a trace id only", () => {
    expect(read(TRACE)).toBe("malformed");
    expect(read("463ac35c9f6413ad")).toBe("malformed");
    expect(read("11")).toBe("malformed");
  });

  it("is malformed where a dash has nothing before or behind it", () => {
    expect(read("-")).toBe("malformed");
    expect(read("--")).toBe("malformed");
    expect(read("---")).toBe("malformed");
    expect(read("-" + SPAN)).toBe("malformed");
    expect(read("-" + FULL)).toBe("malformed");
    expect(read(TRACE + "-")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-1-")).toBe("malformed");
    expect(read("0-")).toBe("malformed");
    expect(read("-1")).toBe("malformed");
  });

  it("is malformed where dashes are doubled", () => {
    expect(read(TRACE + "--" + SPAN)).toBe("malformed");
    expect(read(TRACE + "--1")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "--1")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "--" + PARENT)).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-1--" + PARENT)).toBe("malformed");
  });

  it("is malformed with zeros for a trace id or a span id", () => {
    expect(read("00000000000000000000000000000000-" + SPAN + "-1")).toBe("malformed");
    expect(read("0000000000000000-" + SPAN + "-1")).toBe("malformed");
    expect(read(TRACE + "-0000000000000000-1")).toBe("malformed");
    expect(read("0-0")).toBe("malformed");
    expect(read("0-1-1")).toBe("malformed");
  });

  it("is malformed with a trace id and a decision only", () => {
    // `d` and `1` are digits too, and so they are a span id; nothing else can be meant by `-0`.
    expect(read(TRACE + "-0")).toBe("malformed");
    expect(read(TRACE + "-1")).toBe("80f198ee56343ba864fe8b2a57d3eff7 0000000000000001 defer");
  });
});

describe("a `b3` with too much", () => {
  it("is malformed with a fifth part", () => {
    expect(read("1-2-1-3-4")).toBe("malformed");
    expect(read("1-2-1-3-")).toBe("malformed");
    expect(read("1-2-33-1")).toBe("malformed");
    expect(read(NARROW + "-1")).toBe("malformed");
  });

  it("is malformed with a trace id of 33 digits and more", () => {
    for (let size = 33; size < 50; size++) expect(read("1".repeat(size) + "-2-1")).toBe("malformed");
  });

  it("is malformed with a span id of 17 to 49 digits", () => {
    for (let size = 17; size < 50; size++) expect(read("1-" + "2".repeat(size) + "-1")).toBe("malformed");
  });

  it("is malformed with a parent of 17 digits", () => {
    expect(read("1-2-1-33333333333333333")).toBe("malformed");
    expect(read("1-2-33333333333333333")).toBe("malformed");
  });

  it("is malformed at 69 bytes and at 64 KiB, whatever is in them", () => {
    expect(read(FULL + "0")).toBe("malformed");
    expect(read("0" + FULL)).toBe("malformed");
    expect(read(FULL + " ")).toBe("malformed");
    expect(read("1".repeat(65536))).toBe("malformed");
    expect(read("-".repeat(65536))).toBe("malformed");
    expect(read("1-2-1-" + "0".repeat(65530))).toBe("malformed");
  });
});

describe("every beginning of a `b3`", () => {
  it("is read as what it says", () => {
    let bytes = new Bytes().text(FULL);
    for (let size: i32 = 0; size < 68; size++) {
      let expected = "malformed";
      if (size === 0) expected = "absent";
      if (size > 33 && size < 50) expected = TRACE + " " + SPAN.substring(0, size - 33).padStart(16, "0") + " defer";
      if (size === 51 || size > 52) expected = TRACE + " " + SPAN + " accept";
      if (size > 53) expected += " of " + PARENT.substring(0, size - 52).padStart(16, "0");
      expect(readBytes(bytes.at, size)).toBe(expected, FULL.substring(0, size));
    }
  });
});

describe("a byte in a `b3`", () => {
  it("is malformed at every place where it is neither a digit nor that place's dash", () => {
    let bytes = new Bytes().text(FULL);
    let wrong = "";
    for (let place = 0; place < 68; place++) {
      let right = load<u8>(bytes.at + place);
      for (let byte: u32 = 0; byte < 256; byte++) {
        let letter = String.fromCharCode(byte);
        let isDigit = "0123456789abcdefABCDEF".includes(letter);
        if (place === 50) isDigit = "01d".includes(letter);
        // Nothing but a dash may stand where the dashes are; one more of them, anywhere, makes parts that do not fit.
        if (right === 0x2d) isDigit = byte === 0x2d;
        store<u8>(bytes.at + place, byte);
        if ((readBytes(bytes.at, 68) === "malformed") === isDigit)
          wrong += place.toString() + ":" + byte.toString() + " ";
      }
      store<u8>(bytes.at + place, right);
    }
    expect(wrong).toBe("");
  });

  it("is malformed as a decision unless it is 0, 1 or d, with ids and alone", () => {
    let alone = new Bytes().text("?");
    let withIds = new Bytes().text("1-2-?");
    let wrong = "";
    for (let byte: u32 = 0; byte < 256; byte++) {
      store<u8>(alone.at, byte);
      store<u8>(withIds.at + 4, byte);
      let isDecision = "01d".includes(String.fromCharCode(byte));
      if ((readBytes(alone.at, 1) !== "malformed") !== isDecision) wrong += byte.toString() + " ";
      if ((readBytes(withIds.at, 5) !== "malformed") !== isDecision) wrong += byte.toString() + " with ids ";
    }
    expect(wrong).toBe("");
  });

  it("is malformed where it is white space around the value", () => {
    expect(read(" " + NARROW)).toBe("malformed");
    expect(read(NARROW + " ")).toBe("malformed");
    expect(read("1 ")).toBe("malformed");
    expect(read("0x1-2")).toBe("malformed");
    expect(read("+1-2")).toBe("malformed");
  });
});
