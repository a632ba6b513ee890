import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { TraceContext } from "../../../../assembly/context/context";
import { ABSENT, MALFORMED, READ } from "../../../../assembly/context/propagator";
import { Bytes } from "../bytes";
import { told } from "../contexts";
import { bring, Headers } from "../headers";

const context = new TraceContext();

/** The context that b3multi reads from the carrier, in one line, or the outcome. */
function result(): string {
  let result = b3multi.extract(context);
  if (result === MALFORMED) return "malformed";
  if (result === ABSENT) return "absent";
  return result === READ ? told(context) : "no such result";
}

/** The same for headers: alternating names (without `x-b3-`) and values. */
function read(lines: string[]): string {
  let headers = new Headers();
  for (let i = 0; i < lines.length; i += 2) headers.add("x-b3-" + lines[i], new Bytes().text(lines[i + 1]));
  headers.bring(carrier);
  return result();
}

/** The same for a trace id, a span id and one more header. */
function readWithIds(name: string, value: string): string {
  return read(["traceid", "463ac35c9f6413ad", "spanid", "a2fb4a1d1a96d312", name, value]);
}

const IDS = "463ac35c9f6413ad a2fb4a1d1a96d312 ";

describe("x-b3-* of the specification", () => {
  it("may all be present", () => {
    let lines = ["traceid", "80f198ee56343ba864fe8b2a57d3eff7", "parentspanid", "05e3ac9a4f6e3b90"];
    lines = lines.concat(["spanid", "e457b5a2e4d86bd1", "sampled", "1"]);
    expect(read(lines)).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept of 05e3ac9a4f6e3b90");
  });

  it("may omit the decision and the parent", () => {
    expect(read(["traceid", "463ac35c9f6413ad", "spanid", "a2fb4a1d1a96d312"])).toBe(IDS + "defer");
  });

  it("have four states besides ids", () => {
    expect(readWithIds("sampled", "1")).toBe(IDS + "accept");
    expect(readWithIds("sampled", "0")).toBe(IDS + "deny");
    expect(readWithIds("flags", "1")).toBe(IDS + "debug");
    expect(readWithIds("flags", "0")).toBe(IDS + "defer");
  });

  it("may be only a decision", () => {
    expect(read(["sampled", "0"])).toBe("deny");
    expect(read(["sampled", "1"])).toBe("accept");
    expect(read(["flags", "1"])).toBe("debug");
  });

  it("are absent if none of them came", () => {
    expect(read([])).toBe("absent");
    bring(carrier, ["b3", "1", "x-b3", "1", "x-b3-trace-id", "1"]);
    expect(result()).toBe("absent");
  });
});

describe("x-b3-sampled", () => {
  it("may be true or false in either case", () => {
    let words = ["true", "TRUE", "True", "tRuE"];
    for (let i = 0; i < 4; i++) expect(readWithIds("sampled", words[i])).toBe(IDS + "accept");
    words = ["false", "FALSE", "False", "fAlSe"];
    for (let i = 0; i < 4; i++) expect(readWithIds("sampled", words[i])).toBe(IDS + "deny");
  });

  it("may not be any other word", () => {
    let words = ["2", "d", "-", " ", "01", "10", "11", "yes", "no", "truE ", "tru", "true1", "fals", "falsee", "falsi"];
    words = words.concat(["t\0ue", "TRUF", "trUe\0", "FALS\x05", "1 ", "\x14rue"]);
    for (let i = 0; i < words.length; i++) {
      expect(readWithIds("sampled", words[i])).toBe("malformed", words[i]);
      expect(read(["sampled", words[i]])).toBe("malformed", words[i]);
    }
  });

  it("may not be any byte but 0 and 1", () => {
    let wrong = "";
    for (let byte: u32 = 0; byte < 256; byte++) {
      new Headers().add("x-b3-sampled", new Bytes().byte(<u8>byte)).bring(carrier);
      if ((result() === "malformed") === (byte === 0x30 || byte === 0x31)) wrong += byte.toString() + " ";
    }
    expect(wrong).toBe("");
  });
});

describe("x-b3-flags", () => {
  it("is ignored unless it is 1", () => {
    let values = ["0", "2", "d", "true", "11", "01", " 1", "1 ", "-", "\0"];
    for (let i = 0; i < values.length; i++) {
      expect(readWithIds("flags", values[i])).toBe(IDS + "defer", values[i]);
      expect(read(["flags", values[i]])).toBe("absent", values[i]);
    }
  });

  it("of 1 is debug, whatever x-b3-sampled says", () => {
    expect(read(["flags", "1", "sampled", "0"])).toBe("debug");
    expect(read(["sampled", "1", "flags", "1"])).toBe("debug");
    expect(read(["sampled", "nonsense", "flags", "1"])).toBe("debug");
  });

  it("of 0 leaves the decision to x-b3-sampled", () => {
    expect(read(["flags", "0", "sampled", "0"])).toBe("deny");
    expect(read(["flags", "0", "sampled", "1"])).toBe("accept");
  });
});

describe("ids of x-b3-*", () => {
  it("are malformed if one is missing", () => {
    expect(read(["traceid", "463ac35c9f6413ad"])).toBe("malformed");
    expect(read(["spanid", "a2fb4a1d1a96d312"])).toBe("malformed");
    expect(read(["traceid", "463ac35c9f6413ad", "sampled", "1"])).toBe("malformed");
    expect(read(["spanid", "a2fb4a1d1a96d312", "flags", "1"])).toBe("malformed");
    expect(read(["traceid", "463ac35c9f6413ad", "parentspanid", "1"])).toBe("malformed");
  });

  it("are malformed if there is only a parent", () => {
    expect(read(["parentspanid", "0020000000000001"])).toBe("malformed");
    expect(read(["parentspanid", "0020000000000001", "sampled", "1"])).toBe("malformed");
  });

  it("may be upper-case, or shorter", () => {
    expect(read(["traceid", "ABC", "spanid", "DEF", "parentspanid", "A"])).toBe(
      "0000000000000abc 0000000000000def defer of 000000000000000a",
    );
    expect(read(["traceid", "10123456789abcdef", "spanid", "1"])).toBe(
      "00000000000000010123456789abcdef 0000000000000001 defer",
    );
  });

  it("are malformed with an extra digit", () => {
    expect(read(["traceid", "1".repeat(33), "spanid", "1"])).toBe("malformed");
    expect(read(["traceid", "1", "spanid", "1".repeat(17)])).toBe("malformed");
    expect(read(["traceid", "1", "spanid", "1", "parentspanid", "1".repeat(17)])).toBe("malformed");
    expect(read(["traceid", "1".repeat(65536), "spanid", "1"])).toBe("malformed");
  });

  it("are malformed if they are zeros, except for the parent", () => {
    expect(read(["traceid", "0".repeat(32), "spanid", "1"])).toBe("malformed");
    expect(read(["traceid", "0", "spanid", "1"])).toBe("malformed");
    expect(read(["traceid", "1", "spanid", "0".repeat(16)])).toBe("malformed");
    expect(readWithIds("parentspanid", "0000000000000000")).toBe(IDS + "defer");
  });

  it("are malformed with any other byte in any of them", () => {
    let others = ["g", "-", " ", "\0", "é", "x", ":", "@", "G", "`", "/"];
    for (let i = 0; i < others.length; i++) {
      expect(read(["traceid", "1" + others[i], "spanid", "1"])).toBe("malformed", others[i]);
      expect(read(["traceid", "1", "spanid", others[i] + "1"])).toBe("malformed", others[i]);
      expect(readWithIds("parentspanid", others[i])).toBe("malformed", others[i]);
    }
  });

  it("are those of the first line if a header was repeated", () => {
    let lines = ["traceid", "1", "spanid", "2", "traceid", "3", "spanid", "4", "sampled", "0", "sampled", "1"];
    expect(read(lines)).toBe("0000000000000001 0000000000000002 deny");
  });
});

describe("empty x-b3-*", () => {
  it("count as absent, alone and together", () => {
    expect(read(["traceid", ""])).toBe("absent");
    expect(read(["traceid", "", "spanid", "", "parentspanid", "", "sampled", "", "flags", ""])).toBe("absent");
  });

  it("leave the others as if those had come alone", () => {
    expect(read(["traceid", "", "spanid", "", "sampled", "0"])).toBe("deny");
    expect(readWithIds("sampled", "")).toBe(IDS + "defer");
    expect(readWithIds("parentspanid", "")).toBe(IDS + "defer");
    expect(readWithIds("flags", "")).toBe(IDS + "defer");
    expect(read(["traceid", "463ac35c9f6413ad", "spanid", ""])).toBe("malformed");
    expect(read(["traceid", "", "spanid", "a2fb4a1d1a96d312"])).toBe("malformed");
  });
});
