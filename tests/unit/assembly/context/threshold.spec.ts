// OpenTelemetry's member of `tracestate`: `rv` is read, `th` is written, and whatever is written is a valid list again.
import { reset } from "../../../../assembly/bytes/arena";
import { Slice, toText } from "../../../../assembly/bytes/slice";
import { carrier } from "../../../../assembly/context/carrier";
import { ALWAYS, thresholdOf } from "../../../../assembly/context/sampling";
import {
  NO_RANDOMNESS,
  RANDOM_BITS,
  readRandomness,
  UNKNOWN,
  writeThreshold,
} from "../../../../assembly/context/threshold";
import { TRACESTATE } from "../../../../assembly/context/tracecontext";
import { isTracestate, joinLines } from "../../../../assembly/context/tracestate";
import { below, startChance } from "../chance";
import { Bytes, fence } from "../bytes";
import { bring } from "../headers";

const HALF: u64 = RANDOM_BITS / 2;

const list = new Slice();

/** Points `list` at `value`, which ends where memory ends. */
function point(value: string): void {
  reset();
  let bytes = new Bytes().text(value);
  list.set(fence(bytes.at, bytes.size), bytes.size);
  heap.free(bytes.at);
}

function written(value: string, threshold: u64 = HALF): string {
  point(value);
  writeThreshold(list, threshold);
  return toText(list);
}

function randomness(value: string): u64 {
  point(value);
  return readRandomness(list);
}

/** What is written in place of a header with these lines. */
function writtenOfLines(lines: string[], threshold: u64): string {
  reset();
  let headers: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    headers.push("tracestate");
    headers.push(lines[i]);
  }
  bring(carrier, headers);
  list.clear();
  if (isTracestate(carrier, TRACESTATE)) joinLines(carrier, TRACESTATE, list);
  writeThreshold(list, threshold);
  return toText(list);
}

function isValid(value: string): bool {
  bring(carrier, ["tracestate", value]);
  return isTracestate(carrier, TRACESTATE);
}

function members(from: i32, to: i32): string {
  let line = "";
  for (let i = from; i <= to; i++) line += (i > from ? ",m" : "m") + i.toString() + "=" + i.toString();
  return line;
}

describe("a threshold", () => {
  it("has OpenTelemetry's own examples", () => {
    expect(written("", 0)).toBe("ot=th:0");
    expect(written("", 0xc0000000000000)).toBe("ot=th:c");
    expect(written("", 0x80000000000000)).toBe("ot=th:8");
    expect(written("", 0xfd70a400000000)).toBe("ot=th:fd70a4");
  });

  it("has 56 bits, without the zeros at the end", () => {
    expect(written("", 1)).toBe("ot=th:00000000000001");
    expect(written("", 0x10)).toBe("ot=th:0000000000001");
    expect(written("", RANDOM_BITS - 1)).toBe("ot=th:ffffffffffffff");
    expect(written("", 0x0a0b0c0d0e0f00)).toBe("ot=th:0a0b0c0d0e0f");
  });

  it("of a rate is 2^56 * (1 - rate), rounded down", () => {
    expect(written("", thresholdOf(ALWAYS))).toBe("ot=th:0");
    expect(written("", thresholdOf(ALWAYS / 2))).toBe("ot=th:8");
    expect(written("", thresholdOf(ALWAYS / 4))).toBe("ot=th:c");
    expect(written("", thresholdOf(ALWAYS / 10))).toBe("ot=th:e6666666666666");
    expect(written("", thresholdOf(ALWAYS / 100))).toBe("ot=th:fd70a3d70a3d7");
    expect(written("", thresholdOf(1))).toBe("ot=th:fff972474538ef");
    expect(written("", thresholdOf(ALWAYS - 1))).toBe("ot=th:00068db8bac71");
  });
});

describe("a written list", () => {
  it("has Lightspan's member first, and the others in their order", () => {
    expect(written("rojo=1,congo=2")).toBe("ot=th:8,rojo=1,congo=2");
    expect(written("rojo=1,ot=th:c,congo=2")).toBe("ot=th:8,rojo=1,congo=2");
    expect(written("rojo=1,congo=2,ot=rv:6e6d1a75832a2f")).toBe("ot=th:8;rv:6e6d1a75832a2f,rojo=1,congo=2");
  });

  it("has the other entries of ot in their order", () => {
    expect(written("ot=rv:6e6d1a75832a2f;th:c")).toBe("ot=th:8;rv:6e6d1a75832a2f");
    expect(written("ot=a:1;th:c;rv:6e6d1a75832a2f;b:2")).toBe("ot=th:8;a:1;rv:6e6d1a75832a2f;b:2");
    expect(written("ot=th;thx:1;TH:2;x:th:3")).toBe("ot=th:8;th;thx:1;TH:2;x:th:3");
  });

  it("has one threshold, whatever came", () => {
    expect(written("ot=th:1;th:2;th:;a:1")).toBe("ot=th:8;a:1");
    expect(written("ot=th:not hex")).toBe("ot=th:8");
  });

  it("has the first ot alone if it came twice", () => {
    expect(written("ot=a:1,b=2,ot=c:3,d=4")).toBe("ot=th:8;a:1,b=2,d=4");
    expect(written("b=2,ot=c:3,ot=a:1")).toBe("ot=th:8;c:3,b=2");
  });

  it("keeps duplicates of any other key as they came", () => {
    expect(written("a=1,b=2,a=3,a=1")).toBe("ot=th:8,a=1,b=2,a=3,a=1");
  });

  it("keeps members whose keys only begin with ot", () => {
    expect(written("otel=th:1,ot@x=th:2,o=3,a=ot")).toBe("ot=th:8,otel=th:1,ot@x=th:2,o=3,a=ot");
  });

  it("has neither empty members nor white space around them", () => {
    expect(written(" a=1 ,,\t b=x y\t, ot= rv:1 ; ;; c:d ,")).toBe("ot=th:8;rv:1;c:d,a=1,b=x y");
    expect(written("ot=;")).toBe("ot=th:8");
  });

  it("has 32 members at most: the last is cut", () => {
    expect(written(members(1, 31))).toBe("ot=th:8," + members(1, 31));
    expect(written(members(1, 32))).toBe("ot=th:8," + members(1, 31));
    expect(written(members(1, 31) + ",ot=a:1")).toBe("ot=th:8;a:1," + members(1, 31));
    expect(written(members(1, 30) + ",ot=a:1,ot=b:1")).toBe("ot=th:8;a:1," + members(1, 30));
  });

  it("gives ot 256 bytes at most: an entry that does not fit is left out, and a shorter one after it is kept", () => {
    // th:8 and a semicolon are five bytes.
    let fits = "x:" + "v".repeat(249);
    expect(written("ot=" + fits)).toBe("ot=th:8;" + fits);
    expect(written("ot=" + fits + "v")).toBe("ot=th:8");
    expect(written("ot=" + fits + "v;a:1")).toBe("ot=th:8;a:1");
    expect(written("ot=a:1;" + "x:" + "v".repeat(245) + ";b:2")).toBe("ot=th:8;a:1;x:" + "v".repeat(245));
  });

  it("of several lines is one", () => {
    expect(writtenOfLines(["a=1", "", "ot=rv:6e6d1a75832a2f", " b=2 "], HALF)).toBe(
      "ot=th:8;rv:6e6d1a75832a2f,a=1,b=2",
    );
    expect(writtenOfLines(["ot=th:c", "ot=a:1"], HALF)).toBe("ot=th:8");
  });
});

describe("an unknown threshold", () => {
  it("is left out, and the rest stays", () => {
    expect(written("ot=th:c;rv:6e6d1a75832a2f,a=1", UNKNOWN)).toBe("ot=rv:6e6d1a75832a2f,a=1");
    expect(written("a=1,ot=b:2;th:c", UNKNOWN)).toBe("ot=b:2,a=1");
  });

  it("leaves no ot without entries", () => {
    expect(written("ot=th:c,a=1", UNKNOWN)).toBe("a=1");
    expect(written("a=1,ot=;,b=2", UNKNOWN)).toBe("a=1,b=2");
    expect(written("a=1", UNKNOWN)).toBe("a=1");
  });

  it("can leave an empty list", () => {
    expect(written("ot=th:c", UNKNOWN)).toBe("");
    expect(written("", UNKNOWN)).toBe("");
  });

  it("leaves 32 members if the list has as many", () => {
    expect(written(members(1, 32), UNKNOWN)).toBe(members(1, 32));
  });

  it("leaves an entry of 256 bytes", () => {
    let longest = "ot=x:" + "v".repeat(254);
    expect(written(longest, UNKNOWN)).toBe(longest);
    expect(written("ot=a:1;x:" + "v".repeat(250), UNKNOWN)).toBe("ot=a:1;x:" + "v".repeat(250));
  });
});

describe("rv", () => {
  it("is read wherever it stands in ot", () => {
    expect(randomness("ot=rv:6e6d1a75832a2f")).toBe(0x6e6d1a75832a2f);
    expect(randomness("a=1,ot=th:c;rv:6e6d1a75832a2f,b=2")).toBe(0x6e6d1a75832a2f);
    expect(randomness("a=1, ot=x:y ; rv:ffffffffffffff ;th:c")).toBe(RANDOM_BITS - 1);
    expect(randomness("ot=rv:00000000000000")).toBe(0);
  });

  it("is absent without ot, or in another member", () => {
    let values = [
      "",
      "a=1",
      "a=rv:6e6d1a75832a2f",
      "otx=rv:6e6d1a75832a2f",
      "ot=th:c",
      "ot=xrv:6e6d1a75832a2f",
      "ot=;",
    ];
    for (let i = 0; i < values.length; i++) expect(randomness(values[i])).toBe(NO_RANDOMNESS, values[i]);
  });

  it("counts as absent unless it has exactly 14 digits in lower case", () => {
    let values = [
      "rv:6e6d1a75832a2",
      "rv:6e6d1a75832a2f0",
      "rv:6E6D1A75832A2F",
      "rv:6e6d1a75832a2g",
      "rv: e6d1a75832a2f",
      "rv:",
      "rv",
      "RV:6e6d1a75832a2f",
    ];
    for (let i = 0; i < values.length; i++) expect(randomness("ot=" + values[i])).toBe(NO_RANDOMNESS, values[i]);
  });

  it("is the first usable one if several came", () => {
    expect(randomness("ot=rv:1;rv:6e6d1a75832a2f;rv:00000000000001")).toBe(0x6e6d1a75832a2f);
    expect(randomness("ot=a:1,ot=rv:6e6d1a75832a2f")).toBe(NO_RANDOMNESS, "only the first ot counts, as in writing");
  });
});

/** A valid list or garbage, of up to 40 members. */
function anyList(): string {
  let pieces: string[] = [
    "th:8",
    "th:",
    "rv:6e6d1a75832a2f",
    "rv:1",
    "a:b",
    ";",
    "x y",
    "th:c ",
    " t",
    "v".repeat(250),
  ];
  let line = "";
  for (let i = below(40); i > 0; i--) {
    let dice = below(6);
    if (dice === 0) line += " \t,";
    else if (dice < 4) line += "k" + below(99).toString() + "=" + "v".repeat(1 + below(below(4) === 0 ? 256 : 9)) + ",";
    else {
      line += "ot=";
      for (let n = 1 + below(4); n > 0; n--) line += pieces[below(pieces.length)] + ";";
      line += ",";
    }
  }
  return line;
}

describe("a list of any kind", () => {
  it("is valid afterwards or empty, keeps its randomness, and does not change when written again", () => {
    startChance(17);
    let thresholds: u64[] = [0, 1, HALF, RANDOM_BITS - 1, thresholdOf(1), UNKNOWN];
    let valid = 0;
    for (let i = 0; i < 4000; i++) {
      let value = anyList();
      if (!isValid(value)) continue;
      valid++;
      let threshold = thresholds[below(thresholds.length)];
      let once = written(value, threshold);
      if (once.length === 0 ? threshold !== UNKNOWN : !isValid(once)) expect(once).toBe("valid", value);
      if (written(once, threshold) !== once) expect(written(once, threshold)).toBe(once, value);
      if (threshold !== UNKNOWN && !once.startsWith("ot=th:")) expect(once).toBe("with a threshold first", value);
      if (threshold === UNKNOWN && randomness(once) !== randomness(value)) expect(once).toBe("with its rv", value);
    }
    expect(valid).toBeGreaterThan(500);
  });
});
