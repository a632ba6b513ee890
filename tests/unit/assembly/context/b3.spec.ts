import { MAX_B3, readB3 } from "../../../../assembly/context/b3";
import { TraceContext } from "../../../../assembly/context/context";
import { ABSENT, MALFORMED, READ } from "../../../../assembly/context/propagator";
import { Bytes, fence } from "../bytes";
import { told } from "../contexts";

const context = new TraceContext();

/** The result of readB3() for `size` bytes that end where memory ends: the context in one line, or the outcome. */
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

  it("may have only ids", () => {
    expect(read(TRACE + "-" + SPAN)).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 defer");
  });

  it("may have ids and a decision", () => {
    expect(read(TRACE + "-" + SPAN + "-1")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept");
    expect(read(TRACE + "-" + SPAN + "-0")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 deny");
    expect(read(TRACE + "-" + SPAN + "-d")).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 debug");
  });

  it("may be only a decision", () => {
    expect(read("0")).toBe("deny");
    expect(read("1")).toBe("accept");
    expect(read("d")).toBe("debug");
  });

  it("may have a trace id of 64 bits", () => {
    expect(read(NARROW)).toBe("463ac35c9f6413ad a2fb4a1d1a96d312 deny of 0020000000000001");
    expect(context.wide).toBe(false);
  });

  it("stays wide if the upper half of the trace id is zero", () => {
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

  it("may have a parent of zeros, which means none", () => {
    expect(read(TRACE + "-" + SPAN + "-1-0000000000000000")).toBe(TRACE + " " + SPAN + " accept");
  });
});

describe("an id in a `b3`", () => {
  it("of a trace has exactly 16 or 32 digits", () => {
    for (let size = 1; size < 50; size++) {
      let id = "1".repeat(size);
      let right = size === 16 || size === 32;
      expect(read(id + "-" + SPAN)).toBe(right ? id + " " + SPAN + " defer" : "malformed", id);
      expect(read(id + "-" + SPAN + "-1")).toBe(right ? id + " " + SPAN + " accept" : "malformed", id);
    }
  });

  it("of a span has 16 digits: a shorter one has been cut", () => {
    expect(read(TRACE + "-0020000")).toBe("malformed");
    for (let size = 1; size < 50; size++) {
      let id = "2".repeat(size);
      let right = size === 16;
      expect(read(TRACE + "-" + id)).toBe(right ? TRACE + " " + id + " defer" : "malformed", id);
      expect(read("463ac35c9f6413ad-" + id + "-0")).toBe(right ? "463ac35c9f6413ad " + id + " deny" : "malformed", id);
    }
  });

  it("of a parent has 16 digits, with a decision and without", () => {
    for (let size = 2; size < 50; size++) {
      let id = "3".repeat(size);
      let right = size === 16;
      expect(read(TRACE + "-" + SPAN + "-1-" + id)).toBe(
        right ? TRACE + " " + SPAN + " accept of " + id : "malformed",
        id,
      );
      expect(read(TRACE + "-" + SPAN + "-" + id)).toBe(
        right ? TRACE + " " + SPAN + " defer of " + id : "malformed",
        id,
      );
    }
  });
});

describe("a `b3` without a part", () => {
  it("is absent if it is empty", () => {
    expect(read("")).toBe("absent");
  });

  it("is malformed if it is only a trace id", () => {
    expect(read(TRACE)).toBe("malformed");
    expect(read("463ac35c9f6413ad")).toBe("malformed");
    expect(read("11")).toBe("malformed");
  });

  it("is malformed if a dash has nothing before or after it", () => {
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

  it("is malformed if dashes are doubled", () => {
    expect(read(TRACE + "--" + SPAN)).toBe("malformed");
    expect(read(TRACE + "--1")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "--1")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "--" + PARENT)).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-1--" + PARENT)).toBe("malformed");
  });

  it("is malformed with a trace id or a span id of zeros", () => {
    expect(read("00000000000000000000000000000000-" + SPAN + "-1")).toBe("malformed");
    expect(read("0000000000000000-" + SPAN + "-1")).toBe("malformed");
    expect(read(TRACE + "-0000000000000000-1")).toBe("malformed");
    expect(read("0-0")).toBe("malformed");
    expect(read("0-1-1")).toBe("malformed");
  });

  it("is malformed with only a trace id and a decision", () => {
    expect(read(TRACE + "-0")).toBe("malformed");
    expect(read(TRACE + "-1")).toBe("malformed");
  });
});

describe("a `b3` with too much", () => {
  it("is malformed with a fifth part", () => {
    expect(read(FULL + "-4")).toBe("malformed");
    expect(read(FULL + "-")).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-" + PARENT + "-1")).toBe("malformed");
    expect(read(NARROW + "-1")).toBe("malformed");
    expect(read(NARROW + "-")).toBe("malformed");
  });

  it("is malformed at 69 bytes and at 64 KiB, whatever the content", () => {
    expect(read(FULL + "0")).toBe("malformed");
    expect(read("0" + FULL)).toBe("malformed");
    expect(read(FULL + " ")).toBe("malformed");
    expect(read("1".repeat(65536))).toBe("malformed");
    expect(read("-".repeat(65536))).toBe("malformed");
    expect(read(TRACE + "-" + SPAN + "-1-" + "0".repeat(65484))).toBe("malformed");
  });
});

describe("every prefix of a `b3`", () => {
  it("is read by itself", () => {
    let bytes = new Bytes().text(FULL);
    for (let size: i32 = 0; size < 68; size++) {
      let expected = "malformed";
      if (size === 0) expected = "absent";
      if (size === 49) expected = TRACE + " " + SPAN + " defer";
      if (size === 51) expected = TRACE + " " + SPAN + " accept";
      expect(readBytes(bytes.at, size)).toBe(expected, FULL.substring(0, size));
    }
  });
});

describe("a byte in a `b3`", () => {
  it("is malformed at every position if it is neither a digit nor the dash of that position", () => {
    let bytes = new Bytes().text(FULL);
    let wrong = "";
    for (let place = 0; place < 68; place++) {
      let right = load<u8>(bytes.at + place);
      for (let byte: u32 = 0; byte < 256; byte++) {
        let letter = String.fromCharCode(byte);
        let isDigit = "0123456789abcdefABCDEF".includes(letter);
        if (place === 50) isDigit = "01d".includes(letter);
        // Only a dash is allowed at the dashes' positions; an extra dash anywhere makes parts of the wrong size.
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
    let withIds = new Bytes().text(TRACE + "-" + SPAN + "-?");
    let wrong = "";
    for (let byte: u32 = 0; byte < 256; byte++) {
      store<u8>(alone.at, byte);
      store<u8>(withIds.at + 50, byte);
      let isDecision = "01d".includes(String.fromCharCode(byte));
      if ((readBytes(alone.at, 1) !== "malformed") !== isDecision) wrong += byte.toString() + " ";
      if ((readBytes(withIds.at, 51) !== "malformed") !== isDecision) wrong += byte.toString() + " with ids ";
    }
    expect(wrong).toBe("");
  });

  it("is malformed if it is white space around the value", () => {
    expect(read(" " + NARROW)).toBe("malformed");
    expect(read(NARROW + " ")).toBe("malformed");
    expect(read("1 ")).toBe("malformed");
    expect(read("0x" + NARROW.substring(2))).toBe("malformed");
    expect(read("+" + NARROW.substring(1))).toBe("malformed");
  });
});
