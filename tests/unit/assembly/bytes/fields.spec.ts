import { encodePairs, Field, Fields } from "../../../../assembly/bytes/fields";
import { text, toText, Slice } from "../../../../assembly/bytes/slice";
import { Bytes, fence, hexOf } from ".";
import { below, startChance } from "../chance";

// Pairs as proxy_get_header_map_pairs returns them, written by hand.
const PAIRS = new Bytes()
  .hex("05 00 00 00") // five headers
  .hex("05 00 00 00 05 00 00 00") // sizes of :path and its value
  .hex("02 00 00 00 01 00 00 00") // of b3
  .hex("01 00 00 00 00 00 00 00") // of a, whose value is empty
  .hex("02 00 00 00 02 00 00 00") // of b3 again
  .hex("02 00 00 00 01 00 00 00") // of B3, another name
  .text(":path\0/a?b=\0")
  .text("b3\x001\0")
  .text("a\0\0")
  .text("b3\x00no\0")
  .text("B3\x00d\0");

const fields = new Fields();
const path: Field = fields.want(text(":path"));
const b3: Field = fields.want(text("b3"));
const a: Field = fields.want(text("a"));
const absent: Field = fields.want(text("x-b3-traceid"));
const value = new Slice();

function scan(pairs: Bytes): bool {
  return fields.scan(fence(pairs.at, pairs.size), pairs.size);
}

function valueOf(field: Field): string {
  value.set(field.at, field.size);
  return toText(value);
}

/** True if the field holds `text`, and nothing else. */
function holds(field: Field, value: string): bool {
  let bytes = text(value);
  return field.isExactly(bytes.at, bytes.size);
}

describe("scanning pairs", () => {
  it("finds each wanted header with its value", () => {
    expect(scan(PAIRS)).toBe(true);
    expect(valueOf(path)).toBe("/a?b=");
    expect(path.seen).toBe(1);
  });

  it("keeps the first value of a repeated header and counts the others", () => {
    scan(PAIRS);
    expect(valueOf(b3)).toBe("1");
    expect(b3.seen).toBe(2);
  });

  it("distinguishes a header with an empty value from an absent one", () => {
    scan(PAIRS);
    expect(a.seen).toBe(1);
    expect(a.size).toBe(0);
    expect(absent.seen).toBe(0);
    expect(absent.size).toBe(0);
  });

  it("treats a name in a different case as another name", () => {
    let pairs = new Bytes()
      .hex("01 00 00 00") // one header
      .hex("02 00 00 00 01 00 00 00") // sizes of B3 and its value
      .text("B3\x001\0");
    expect(scan(pairs)).toBe(true);
    expect(b3.seen).toBe(0);
  });

  it("sums the sizes of all names and values, wanted or not", () => {
    scan(PAIRS);
    expect(fields.total).toBe(10 + 3 + 1 + 4 + 3);
  });

  it("finds nothing in 0 headers", () => {
    scan(PAIRS);
    expect(scan(new Bytes().hex("00 00 00 00"))).toBe(true);
    expect(path.seen + b3.seen + a.seen).toBe(0);
    expect(path.size + b3.size).toBe(0);
    expect(fields.total).toBe(0);
  });

  it("finds nothing in no bytes, which a host may pass for the same", () => {
    scan(PAIRS);
    expect(fields.scan(fence(PAIRS.at, 0), 0)).toBe(true);
    expect(b3.seen).toBe(0);
  });

  it("forgets the results of the previous scan", () => {
    scan(PAIRS);
    let pairs = new Bytes()
      .hex("01 00 00 00") // one header
      .hex("01 00 00 00 03 00 00 00") // sizes of a and its value
      .text("a\0xyz\0");
    expect(scan(pairs)).toBe(true);
    expect(b3.seen).toBe(0);
    expect(b3.size).toBe(0);
    expect(valueOf(a)).toBe("xyz");
    expect(a.seen).toBe(1);
  });

  it("skips names of 63, 64 and many more bytes", () => {
    let sizes: u32[] = [63, 64, 65, 66, 127, 128, 65538];
    for (let i = 0; i < sizes.length; i++) {
      let pairs = new Bytes()
        .hex("02 00 00 00") // two headers
        .u32(sizes[i])
        .u32(1)
        .hex("02 00 00 00 01 00 00 00") // sizes of b3 and its value
        .repeat(0x62, sizes[i])
        .text("\x00x\0b3\x000\0");
      expect(scan(pairs)).toBe(true);
      expect(valueOf(b3)).toBe("0");
      expect(b3.seen).toBe(1);
    }
  });

  it("finds a wanted name of 63 bytes, the longest allowed", () => {
    let name = "x".repeat(63);
    let wide = new Fields();
    let field = wide.want(text(name));
    let pairs = encodePairs([name], ["here"]);
    expect(wide.scan(pairs.at, pairs.size)).toBe(true);
    expect(valueOf(field)).toBe("here");
  });

  it("accepts any bytes as a value", () => {
    let pairs = new Bytes()
      .hex("01 00 00 00") // one header
      .hex("01 00 00 00 04 00 00 00") // sizes of a and its value
      .hex("61 00")
      .hex("00 ff 80 00 00");
    expect(scan(pairs)).toBe(true);
    expect(hexOf(a.at, a.size)).toBe("00 ff 80 00");
  });
});

describe("wanting a header", () => {
  it("returns the same field whenever it is wanted", () => {
    expect(changetype<usize>(fields.want(text("b3")))).toBe(changetype<usize>(b3));
    scan(PAIRS);
    expect(b3.seen).toBe(2);
  });

  it("returns other fields for other names and for other header maps", () => {
    expect(changetype<usize>(fields.want(text("b")))).not.toBe(changetype<usize>(b3));
    expect(changetype<usize>(new Fields().want(text("b3")))).not.toBe(changetype<usize>(b3));
  });
});

describe("scanning bytes that are not pairs", () => {
  it("refuses every truncation and reads nothing after it", () => {
    let wrong = "";
    for (let size: u32 = 1; size < PAIRS.size; size++) {
      if (fields.scan(fence(PAIRS.at, size), size)) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("refuses counts with no room for their sizes", () => {
    expect(scan(new Bytes().hex("01 00 00 00"))).toBe(false);
    expect(scan(new Bytes().hex("01 00 00 00 00 00 00 00"))).toBe(false);
    expect(scan(new Bytes().hex("01 00 00 00 00 00 00 00 00 00 00"))).toBe(false);
    expect(scan(new Bytes().hex("ff ff ff ff").repeat(0, 64))).toBe(false);
    expect(scan(new Bytes().hex("00 00 00 20").repeat(0, 64))).toBe(false);
    expect(scan(new Bytes().hex("09 00 00 00").repeat(0, 64))).toBe(false);
  });

  it("refuses names and values that end out of bounds", () => {
    let sizes: u32[] = [2, 3, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    for (let i = 0; i < sizes.length; i++) {
      expect(scan(new Bytes().u32(1).u32(sizes[i]).u32(0).text("a\0\0"))).toBe(false, "name");
      expect(scan(new Bytes().u32(1).u32(1).u32(sizes[i]).text("a\0\0"))).toBe(false, "value");
      expect(scan(new Bytes().u32(1).u32(sizes[i]).u32(sizes[i]).text("a\0\0"))).toBe(false, "both");
    }
  });

  it("stays within bounds, whichever byte is changed", () => {
    startChance(10);
    let changed = new Bytes().add(PAIRS.at, PAIRS.size);
    let wrong = "";
    for (let i = 0; i < 20000; i++) {
      memory.copy(changed.at, PAIRS.at, PAIRS.size);
      for (let j: u32 = 0; j <= below(3); j++) store<u8>(changed.at + below(PAIRS.size), below(256));
      let at = fence(changed.at, changed.size);
      let end = at + changed.size;
      if (!fields.scan(at, changed.size)) continue;
      if (path.seen > 0 && (path.at < at || path.at + path.size >= end)) wrong += "path ";
      if (b3.seen > 0 && (b3.at < at || b3.at + b3.size >= end)) wrong += "b3 ";
    }
    expect(wrong).toBe("");
  });
});

describe("a field", () => {
  it("holds exactly its bytes", () => {
    scan(PAIRS);
    expect(holds(path, "/a?b=")).toBe(true);
    expect(holds(path, "/a?b")).toBe(false);
    expect(holds(path, "/a?b=c")).toBe(false);
    expect(holds(path, "/a?c=")).toBe(false);
    expect(holds(path, "")).toBe(false);
  });

  it("holds nothing if it was repeated, not even its first value", () => {
    scan(PAIRS);
    expect(holds(b3, "1")).toBe(false);
  });

  it("holds nothing if it is absent", () => {
    scan(PAIRS);
    expect(holds(absent, "")).toBe(false);
    expect(holds(a, "")).toBe(true);
  });
});

/** The lines of a header, each in brackets. */
function linesOf(field: Field): string {
  let lines = "";
  for (let more = fields.firstLine(field); more; more = fields.nextLine(field)) {
    value.set(fields.lineAt, fields.lineSize);
    lines += "[" + toText(value) + "]";
  }
  return lines;
}

describe("the lines of a header", () => {
  it("come in order, whatever is between them", () => {
    scan(PAIRS);
    expect(linesOf(b3)).toBe("[1][no]");
  });

  it("are one for an unrepeated header, and none for an absent one", () => {
    scan(PAIRS);
    expect(linesOf(path)).toBe("[/a?b=]");
    expect(linesOf(absent)).toBe("");
  });

  it("may be empty", () => {
    let pairs = encodePairs(["a", "a", "b3", "a", "a"], ["", "x", "0", "", ""]);
    expect(fields.scan(fence(pairs.at, pairs.size), pairs.size)).toBe(true);
    expect(linesOf(a)).toBe("[][x][][]");
  });

  it("can be read again from the first one", () => {
    scan(PAIRS);
    expect(linesOf(b3)).toBe("[1][no]");
    expect(linesOf(b3)).toBe("[1][no]");
  });

  it("are each visited once: half a million would take forever if each were searched from the start", () => {
    const LINES: u32 = 500000;
    let pairs = new Bytes().u32(LINES);
    for (let i: u32 = 0; i < LINES; i++) pairs.u32(1).u32(0);
    for (let i: u32 = 0; i < LINES; i++) pairs.text("a\0\0");
    expect(scan(pairs)).toBe(true);
    let count: u32 = 0;
    for (let more = fields.firstLine(a); more; more = fields.nextLine(a)) count++;
    expect(count).toBe(LINES);
    heap.free(pairs.at);
  });
});

describe("encodePairs", () => {
  it("writes the same bytes as the host", () => {
    let pairs = encodePairs([":path", "b3", "a", "b3", "B3"], ["/a?b=", "1", "", "no", "d"]);
    expect(hexOf(pairs.at, pairs.size)).toBe(hexOf(PAIRS.at, PAIRS.size));
  });

  it("writes 0 headers", () => {
    let pairs = encodePairs([], []);
    expect(hexOf(pairs.at, pairs.size)).toBe("00 00 00 00");
  });

  it("counts bytes, not characters", () => {
    let pairs = encodePairs(["a"], ["é€😀"]);
    expect(fields.scan(fence(pairs.at, pairs.size), pairs.size)).toBe(true);
    expect(hexOf(a.at, a.size)).toBe("c3 a9 e2 82 ac f0 9f 98 80");
  });

  it("is read back by a scan", () => {
    let pairs = encodePairs(["a", ":path", "b3"], ["", "/productpage", "0"]);
    expect(fields.scan(fence(pairs.at, pairs.size), pairs.size)).toBe(true);
    expect(a.seen).toBe(1);
    expect(valueOf(path)).toBe("/productpage");
    expect(valueOf(b3)).toBe("0");
  });
});
