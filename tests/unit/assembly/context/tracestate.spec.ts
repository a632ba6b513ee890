// The rules of W3C Trace Context, level 2, for the list in `tracestate`: one test for each rule, named after it.
// companion.spec.ts tests when a valid list goes on.
import { encodePairs } from "../../../../assembly/bytes/fields";
import { beginRegion } from "../../../../assembly/bytes/region";
import { carrier } from "../../../../assembly/context/carrier";
import { TRACESTATE } from "../../../../assembly/context/tracecontext";
import { isTracestate } from "../../../../assembly/context/tracestate";
import { Bytes, fence } from "../bytes";

/** A header map with these lines of tracestate between other headers, at the end of memory. */
function isValid(lines: string[]): bool {
  let names = [":path", "x-other"];
  let values = ["/", "tracestate"];
  for (let i = 0; i < lines.length; i++) {
    names.push("tracestate");
    values.push(lines[i]);
    names.push("x-between");
    values.push("a=1,a=1");
  }
  beginRegion();
  let pairs = encodePairs(names, values);
  carrier.scan(fence(pairs.at, pairs.size), pairs.size);
  return isTracestate(carrier, TRACESTATE);
}

function check(value: string, valid: bool): void {
  if (isValid([value]) !== valid) expect(value).toBe(valid ? "valid" : "not valid");
}

function allValid(values: string[]): void {
  for (let i = 0; i < values.length; i++) check(values[i], true);
}

function noneValid(values: string[]): void {
  for (let i = 0; i < values.length; i++) check(values[i], false);
}

/** True if `head`, the byte and `tail` are one valid line. */
function isValidWith(head: string, byte: u8, tail: string): bool {
  let line = new Bytes().text(head).byte(byte).text(tail);
  TRACESTATE.at = fence(line.at, line.size);
  TRACESTATE.size = line.size;
  TRACESTATE.seen = 1;
  let valid = isTracestate(carrier, TRACESTATE);
  heap.free(line.at);
  heap.free(changetype<usize>(line));
  return valid;
}

function isLetterOrDigit(byte: u32): bool {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

function members(from: i32, to: i32): string {
  let line = "";
  for (let i = from; i <= to; i++) line += (i > from ? ",m" : "m") + i.toString() + "=" + i.toString();
  return line;
}

describe("a list of tracestate", () => {
  it("is valid as in all examples of the specification", () => {
    allValid([
      "congo=t61rcWkgMzE",
      "rojo=00f067aa0ba902b7",
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
      "congo=ucfJifl5GOE,rojo=00f067aa0ba902b7",
      "vendorname1=opaqueValue1,vendorname2=opaqueValue2",
      "congo=congosSecondPosition,rojo=rojosFirstPosition",
    ]);
  });

  it("has at least one member", () => {
    expect(isValid([])).toBe(false);
    noneValid(["", ",", ",,,"]);
  });

  it("has at most 32 members, in one line", () => {
    check(members(1, 1), true);
    check(members(1, 31), true);
    check(members(1, 32), true);
    check(members(1, 33), false);
    check(members(1, 500), false);
  });

  it("has at most 32 members, in all lines together", () => {
    expect(isValid([members(1, 10), members(11, 20), members(21, 30), members(31, 32)])).toBe(true);
    expect(isValid([members(1, 10), members(11, 20), members(21, 30), members(31, 33)])).toBe(false);
    expect(isValid([members(1, 32), "last=1"])).toBe(false);
    expect(isValid([members(1, 32), ""])).toBe(true);
    let lines = new Array<string>();
    for (let i = 1; i <= 32; i++) lines.push(members(i, i));
    expect(isValid(lines)).toBe(true);
    lines.push("last=1");
    expect(isValid(lines)).toBe(false);
  });

  it("may come in several lines, which are read in order as one", () => {
    expect(isValid(["foo=1,bar=2", "rojo=1,congo=2", "baz=3"])).toBe(true);
    expect(isValid(["foo=1", "bar"])).toBe(false);
    expect(isValid(["bar", "foo=1"])).toBe(false);
    expect(isValid(["foo=1", "bar=2", "=3"])).toBe(false);
  });

  it("is read line by line, in order and each to its end", () => {
    let pairs = encodePairs(
      ["tracestate", "x-between", "tracestate", "tracestate"],
      ["foo=1,bar=2", "tracestate", "", "baz=3"],
    );
    carrier.scan(pairs.at, pairs.size);
    let read = "";
    for (let more = carrier.firstLine(TRACESTATE); more; more = carrier.nextLine(TRACESTATE)) {
      read += String.UTF8.decodeUnsafe(carrier.lineAt, carrier.lineSize) + ";";
    }
    expect(read).toBe("foo=1,bar=2;;baz=3;");
  });

  it("may have empty members and empty lines", () => {
    allValid(["foo=1,", ",foo=1", "foo=1,,bar=2", ",,foo=1,,,bar=2,,"]);
    expect(isValid(["", "foo=1"])).toBe(true);
    expect(isValid(["foo=1", ""])).toBe(true);
    expect(isValid(["", "", ",", "foo=1", ",,"])).toBe(true);
    expect(isValid(["", ""])).toBe(false);
  });

  it("may have blank members, but not only those", () => {
    allValid(["foo=1, ", " ,foo=1", "foo=1,\t,bar=2", " , \t ,foo=1"]);
    noneValid([" ", "\t", " , \t,  "]);
    expect(isValid([" \t", " "])).toBe(false);
    expect(isValid(["\t ", "foo=1"])).toBe(true);
  });

  it("does not count empty members towards the 32", () => {
    let line = members(1, 32);
    for (let i = 0; i < 100; i++) line += ", ";
    check(line, true);
  });

  it("may have spaces and tabs around its members, which are ignored", () => {
    allValid([
      "foo=1 \t , \t bar=2, \t baz=3",
      "foo=1\t \t,\t \tbar=2,\t \tbaz=3",
      " foo=1",
      "\tfoo=1",
      "foo=1 ",
      "foo=1\t",
      "\t foo=1 \t",
    ]);
    noneValid(["foo=1,\x0bbar=2", "foo=1,\nbar=2", "foo=1\r", "foo=1,\xa0bar=2"]);
  });

  it("forgets the previous list", () => {
    check("foo=1,foo", false);
    check("foo=1", true);
    check(members(1, 33), false);
    check(members(1, 32), true);
    check("foo=1", true);
  });

  it("may be as long as its members allow, but not a byte longer", () => {
    let line = new Bytes();
    for (let i: u32 = 0; i < 32; i++) {
      line
        .text(i > 0 ? "," : "")
        .byte(<u8>(0x61 + i / 2))
        .byte(<u8>(0x61 + (i & 1)));
      line.repeat(0x7a, 254).text("=").repeat(0x21, 256);
    }
    TRACESTATE.at = fence(line.at, line.size);
    TRACESTATE.size = line.size;
    TRACESTATE.seen = 1;
    expect(isTracestate(carrier, TRACESTATE)).toBe(true);
    expect(line.size).toBe(32 * 513 + 31);
    line.text("!");
    TRACESTATE.at = fence(line.at, line.size);
    TRACESTATE.size = line.size;
    expect(isTracestate(carrier, TRACESTATE)).toBe(false);
  });

  it("of 64 KiB is judged like any other", () => {
    TRACESTATE.seen = 1;
    TRACESTATE.size = 65536;
    let bytes: u8[] = [0x2c, 0x20, 0x61, 0x3d, 0xff];
    for (let i = 0; i < bytes.length; i++) {
      TRACESTATE.at = fence(new Bytes().repeat(bytes[i], 65536).at, 65536);
      expect(isTracestate(carrier, TRACESTATE)).toBe(false);
    }
    TRACESTATE.at = fence(new Bytes().text("a=1").repeat(0x2c, 65533).at, 65536);
    expect(isTracestate(carrier, TRACESTATE)).toBe(true);
  });
});

describe("a member", () => {
  it("is a key, an equals sign and a value", () => {
    check("foo=1", true);
    noneValid(["foo", "=", "=1", "foo=", "foo:1", "foo 1", "foo=1,bar", "bar,foo=1"]);
  });

  it("has exactly one equals sign", () => {
    noneValid(["foo=bar=baz", "foo==1", "foo=1=", "==", "foo=,bar=3"]);
  });

  it("may have the same key as another: the list goes on unchanged", () => {
    allValid(["foo=1,foo=1", "foo=1,foo=2", "foo=1,bar=2,foo=3", "foo=1 , foo=2"]);
    expect(isValid(["foo=1", "foo=1"])).toBe(true);
    expect(isValid(["foo=1", "bar=2", "baz=3,foo=4"])).toBe(true);
    check(members(1, 31) + ",m1=1", true);
    check(members(1, 32) + ",m1=1", false);
  });

  it("may have a key that begins like another, or that occurs in a value", () => {
    allValid(["foo=1,fo=1,f=1", "f=1,fo=1,foo=1", "foo=bar,bar=foo", "a@b=1,a=1,b=1"]);
  });
});

describe("a key", () => {
  it("begins with a letter or a digit, and no other byte", () => {
    for (let byte: u32 = 0; byte < 256; byte++) {
      // White space and commas here are around the member, not in its key.
      let allowed = isLetterOrDigit(byte) || byte === 0x20 || byte === 0x09 || byte === 0x2c;
      if (isValidWith("", <u8>byte, "foo=1") !== allowed) expect(byte).toBe(-1, "judged wrongly as first byte");
      if (isValidWith("", <u8>byte, "=1") !== isLetterOrDigit(byte)) expect(byte).toBe(-1, "judged wrongly alone");
    }
  });

  it("continues with letters, digits, _ - * / and @, and no other byte", () => {
    for (let byte: u32 = 0; byte < 256; byte++) {
      let isSign = byte === 0x5f || byte === 0x2d || byte === 0x2a || byte === 0x2f || byte === 0x40;
      let allowed = isLetterOrDigit(byte) || isSign;
      if (isValidWith("f", <u8>byte, "o=1") !== allowed && byte !== 0x3d)
        expect(byte).toBe(-1, "judged wrongly inside");
      if (isValidWith("foo", <u8>byte, "=1") !== allowed) expect(byte).toBe(-1, "judged wrongly at the end");
    }
    expect(isValidWith("f", 0x3d, "o=1")).toBe(false);
  });

  it("has all of the bytes that are allowed", () => {
    check("abcdefghijklmnopqrstuvwxyz0123456789_-*/=1", true);
    check("abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/=1", true);
  });

  it("may have @ anywhere but first, and more than once", () => {
    allValid(["fw529a3039@dt=1", "1@1=1", "foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2", "a@=1"]);
    noneValid(["@foo=1,bar=2", "@=1", "@@=1"]);
  });

  it("may not have upper-case letters, dots or spaces", () => {
    noneValid(["FOO=1", "Foo=1", "fOo=1", "foo.bar=1", "foo =1", "foo\t=1", "f oo=1", "foo= 1,b ar=2", "é=1"]);
  });

  it("has 256 bytes at most", () => {
    expect(isValid(["foo=1", "z".repeat(256) + "=1"])).toBe(true);
    expect(isValid(["foo=1", "z".repeat(257) + "=1"])).toBe(false);
    check("t".repeat(241) + "@" + "v".repeat(14) + "=1", true);
    check("t".repeat(242) + "@v=1", true);
    check("t@" + "v".repeat(254) + "=1", true);
    check("t@" + "v".repeat(255) + "=1", false);
  });
});

describe("a value", () => {
  it("has printable ASCII without comma and equals sign, and no other byte", () => {
    for (let byte: u32 = 0; byte < 256; byte++) {
      let allowed = byte >= 0x20 && byte <= 0x7e && byte !== 0x2c && byte !== 0x3d;
      if (isValidWith("foo=a", <u8>byte, "b") !== allowed) expect(byte).toBe(-1, "judged wrongly inside");
      if (isValidWith("foo=", <u8>byte, "b") !== allowed) expect(byte).toBe(-1, "judged wrongly at the beginning");
      // At the end, spaces and tabs are white space around the member, and a comma ends it.
      let alone = allowed && byte !== 0x20;
      let last = allowed || byte === 0x09 || byte === 0x2c;
      if (isValidWith("foo=", <u8>byte, "") !== alone) expect(byte).toBe(-1, "judged wrongly alone");
      if (isValidWith("foo=a", <u8>byte, "") !== last) expect(byte).toBe(-1, "judged wrongly at the end");
    }
  });

  it("has all of the bytes that are allowed", () => {
    let value = "";
    for (let byte = 0x20; byte < 0x7f; byte++) if (byte !== 0x2c && byte !== 0x3d) value += String.fromCharCode(byte);
    check("foo=" + value, true);
  });

  it("includes the spaces before and between its words", () => {
    allValid(["foo= 1", "foo=   1", "foo=a b", "foo= a  b"]);
    check("foo=" + " ".repeat(255) + "1", true);
    check("foo=" + " ".repeat(256) + "1", false);
  });

  it("does not include the spaces after it", () => {
    check("foo=" + "a".repeat(256) + "   ", true);
    check("foo=" + "a".repeat(256) + " \t ,bar=1", true);
    noneValid(["foo= ", "foo=  ,bar=1", "foo=\t", "foo=\t1", "foo=1\t2"]);
  });

  it("has 256 bytes at most", () => {
    check("foo=" + "a".repeat(256), true);
    check("foo=" + "a".repeat(257), false);
    check("foo=" + "a".repeat(257) + ",bar=1", false);
    check("bar=1,foo=" + "a".repeat(256) + ",baz=1", true);
  });
});
