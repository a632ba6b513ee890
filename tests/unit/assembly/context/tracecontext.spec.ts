// The rules of W3C Trace Context, level 2, for `traceparent`: one test for each rule, named after it.
import { encodePairs } from "../../../../assembly/bytes/fields";
import { carrier } from "../../../../assembly/context/carrier";
import { ACCEPT, DEBUG, DENY } from "../../../../assembly/context/context";
import { ABSENT, MALFORMED, READ } from "../../../../assembly/context/propagator";
import { readTraceparent, TRACEPARENT, TRACEPARENT_SIZE, TRACESTATE } from "../../../../assembly/context/tracecontext";
import { Bytes } from "../bytes";
import { context, EXAMPLE, field, IDS, read, readBytes, write } from "./traceparents";

function hexByte(value: u32): string {
  return (value + 0x100).toString(16).substring(1);
}

function isLowerHex(byte: u32): bool {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

describe("traceparent", () => {
  it("is version, trace id, parent id and flags", () => {
    expect(read(EXAMPLE)).toBe(READ);
    expect(context.traceHigh).toBe(0x0af7651916cd43dd);
    expect(context.traceLow).toBe(0x8448eb211c80319c);
    expect(context.spanId).toBe(0xb7ad6b7169203331);
    expect(context.decision).toBe(ACCEPT);
    expect(context.wide).toBe(true);
    expect(context.random).toBe(false);
    expect(context.parentId).toBe(0);
  });

  it("is read as in all examples of the specification, and written back unchanged", () => {
    let examples = [
      EXAMPLE,
      "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
      "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    ];
    for (let i = 0; i < examples.length; i++) {
      expect(read(examples[i])).toBe(READ, examples[i]);
      expect(context.decision).toBe(examples[i].endsWith("1") ? ACCEPT : DENY);
      expect(write()).toBe(examples[i]);
    }
  });

  it("keeps nothing of the context's previous content", () => {
    context.parentId = 7;
    context.decision = DEBUG;
    context.random = true;
    expect(read("00-" + IDS + "-00")).toBe(READ);
    expect(context.parentId).toBe(0);
    expect(context.decision).toBe(DENY);
    expect(context.random).toBe(false);
  });

  it("is absent if it is empty", () => {
    expect(read("")).toBe(ABSENT);
  });

  it("is malformed if it came twice, equal or not, empty or not", () => {
    let bytes = new Bytes().text(EXAMPLE);
    for (let seen: u32 = 2; seen < 5; seen++) {
      field.at = bytes.at;
      field.size = bytes.size;
      field.seen = seen;
      expect(readTraceparent(field, context)).toBe(MALFORMED);
      field.size = 0;
      expect(readTraceparent(field, context)).toBe(MALFORMED);
    }
  });

  it("has one name, and no other is accepted", () => {
    let names = ["trace-parent", "trace.parent", "traceparent2", "xtraceparent", "trace-state", "trace.state"];
    for (let i = 0; i < names.length; i++) {
      let pairs = encodePairs([names[i]], [EXAMPLE]);
      expect(carrier.scan(pairs.at, pairs.size)).toBe(true);
      expect(TRACEPARENT.seen | TRACESTATE.seen).toBe(0, names[i]);
    }
  });
});

describe("version", () => {
  it("00 has exactly 55 bytes: anything after them makes it malformed", () => {
    for (let byte = 0; byte < 256; byte++) {
      let bytes = new Bytes().text(EXAMPLE).byte(<u8>byte);
      expect(readBytes(bytes.at, bytes.size)).toBe(MALFORMED);
    }
    expect(read(EXAMPLE + "-what-the-future-will-be-like")).toBe(MALFORMED);
  });

  it("above 00 is read like version 00 and written as version 00", () => {
    for (let version: u32 = 1; version < 0xff; version++) {
      expect(read(hexByte(version) + "-" + IDS + "-01")).toBe(READ, hexByte(version));
      expect(write()).toBe(EXAMPLE);
    }
  });

  it("above 00 may have more fields, about which nothing is assumed", () => {
    expect(read("cc-" + IDS + "-01-what-the-future-will-be-like")).toBe(READ);
    expect(write()).toBe(EXAMPLE);
    expect(read("01-" + IDS + "-01-")).toBe(READ);
    expect(read("01-" + IDS + "-01-ABC \t\x7f")).toBe(READ);
  });

  it("above 00 has a dash after the flags, or nothing", () => {
    for (let byte = 0; byte < 256; byte++) {
      let bytes = new Bytes()
        .text("cc-" + IDS + "-01")
        .byte(<u8>byte)
        .text("what");
      expect(readBytes(bytes.at, bytes.size)).toBe(byte === 0x2d ? READ : MALFORMED);
    }
  });

  it("above 00 may not be shorter than 55 bytes", () => {
    let bytes = new Bytes().text("cc-" + IDS + "-01");
    for (let size: u32 = 1; size < 55; size++) expect(readBytes(bytes.at, size)).toBe(MALFORMED);
    expect(readBytes(bytes.at, 55)).toBe(READ);
  });

  it("ff is forbidden, with more fields and without", () => {
    expect(read("ff-" + IDS + "-01")).toBe(MALFORMED);
    expect(read("ff-" + IDS + "-01-more")).toBe(MALFORMED);
    expect(read("fe-" + IDS + "-01")).toBe(READ);
  });

  it("that is not a two-digit number restarts the trace", () => {
    let versions = [".0", "0.", "  ", "0x", "x0", "g0", "0g", "-0", "0-", "--", "+0", "é"];
    for (let i = 0; i < versions.length; i++)
      expect(read(versions[i] + "-" + IDS + "-01")).toBe(MALFORMED, versions[i]);
  });

  it("has exactly two digits, not one, three or four", () => {
    expect(read("0-" + IDS + "-01")).toBe(MALFORMED);
    expect(read("0-" + IDS + "-01-")).toBe(MALFORMED);
    expect(read("000-" + IDS + "-01")).toBe(MALFORMED);
    expect(read("0000-" + IDS + "-01")).toBe(MALFORMED);
    expect(read("-" + IDS + "-01")).toBe(MALFORMED);
  });
});

describe("trace-id", () => {
  it("of zeros only is forbidden", () => {
    expect(read("00-00000000000000000000000000000000-b7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("cc-00000000000000000000000000000000-b7ad6b7169203331-01")).toBe(MALFORMED);
  });

  it("may have a half of zeros", () => {
    expect(read("00-00000000000000008448eb211c80319c-b7ad6b7169203331-01")).toBe(READ);
    expect(write()).toBe("00-00000000000000008448eb211c80319c-b7ad6b7169203331-01");
    expect(read("00-0af7651916cd43dd0000000000000000-b7ad6b7169203331-01")).toBe(READ);
    expect(write()).toBe("00-0af7651916cd43dd0000000000000000-b7ad6b7169203331-01");
    expect(read("00-00000000000000000000000000000001-0000000000000001-01")).toBe(READ);
  });

  it("has exactly 32 digits", () => {
    expect(read("00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("00-0af7651916cd43dd8448eb211c80319c0-b7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("cc-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01-0")).toBe(MALFORMED);
    expect(read("00-8448eb211c80319c-b7ad6b7169203331-01")).toBe(MALFORMED);
  });
});

describe("parent-id", () => {
  it("of zeros only is forbidden", () => {
    expect(read("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")).toBe(MALFORMED);
    expect(read("cc-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")).toBe(MALFORMED);
  });

  it("has exactly 16 digits", () => {
    expect(read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01")).toBe(MALFORMED);
    expect(read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033310-01")).toBe(MALFORMED);
    expect(read("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01-0")).toBe(MALFORMED);
  });
});

describe("trace-flags", () => {
  it("are bits: the first means sampled, the second random, the others are written as zero", () => {
    for (let flags: u32 = 0; flags < 256; flags++) {
      expect(read("00-" + IDS + "-" + hexByte(flags))).toBe(READ, hexByte(flags));
      expect(context.decision).toBe((flags & 1) !== 0 ? ACCEPT : DENY, hexByte(flags));
      expect(context.random).toBe((flags & 2) !== 0, hexByte(flags));
      expect(write()).toBe("00-" + IDS + "-" + hexByte(flags & 3));
    }
  });

  it("of a higher version are read with the bits of this version", () => {
    for (let flags: u32 = 0; flags < 256; flags++) {
      expect(read("42-" + IDS + "-" + hexByte(flags) + "-more")).toBe(READ, hexByte(flags));
      expect(write()).toBe("00-" + IDS + "-" + hexByte(flags & 3));
    }
  });

  it("have exactly two digits", () => {
    expect(read("00-" + IDS + "-1")).toBe(MALFORMED);
    expect(read("00-" + IDS + "-001")).toBe(MALFORMED);
    expect(read("cc-" + IDS + "-1")).toBe(MALFORMED);
    expect(read("cc-" + IDS + "-1-")).toBe(MALFORMED);
    expect(read("cc-" + IDS + "-001")).toBe(MALFORMED);
    expect(read("00-" + IDS + "-")).toBe(MALFORMED);
    expect(read("00-" + IDS + "-.0")).toBe(MALFORMED);
    expect(read("00-" + IDS + "-0.")).toBe(MALFORMED);
  });
});

describe("every byte", () => {
  it("missing at the end makes it malformed", () => {
    let bytes = new Bytes().text(EXAMPLE);
    for (let size: u32 = 1; size < TRACEPARENT_SIZE; size++) expect(readBytes(bytes.at, size)).toBe(MALFORMED);
  });

  it("of an id or the flags is a digit or a lower-case letter up to f, and every byte between them a dash", () => {
    let bytes = new Bytes().text(EXAMPLE);
    for (let i: u32 = 0; i < TRACEPARENT_SIZE; i++) {
      let before = load<u8>(bytes.at + i);
      let isDash = i === 2 || i === 35 || i === 52;
      for (let byte: u32 = 0; byte < 256; byte++) {
        store<u8>(bytes.at + i, byte);
        let allowed = isDash ? byte === 0x2d : isLowerHex(byte);
        if (readBytes(bytes.at, bytes.size) === (allowed ? READ : MALFORMED)) continue;
        expect(i * 1000 + byte).toBe(0, "position * 1000 + byte is judged wrongly");
      }
      store<u8>(bytes.at + i, before);
    }
  });

  it("that is an upper-case letter makes it malformed, in each field", () => {
    expect(read("0A-" + IDS + "-01")).toBe(MALFORMED);
    expect(read("00-0Af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("00-0af7651916cd43dd8448eb211c80319C-b7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("00-0af7651916cd43dd8448eb211c80319c-B7ad6b7169203331-01")).toBe(MALFORMED);
    expect(read("00-" + IDS + "-0A")).toBe(MALFORMED);
    expect(read("0a-" + IDS + "-0a")).toBe(READ);
  });

  it("beyond ASCII makes it malformed", () => {
    expect(read("00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-0")).toBe(MALFORMED);
    let bytes = new Bytes().repeat(0xff, TRACEPARENT_SIZE);
    expect(readBytes(bytes.at, bytes.size)).toBe(MALFORMED);
    bytes = new Bytes().repeat(0x80, TRACEPARENT_SIZE);
    expect(readBytes(bytes.at, bytes.size)).toBe(MALFORMED);
  });

  it("that is white space makes it malformed: the host has stripped what HTTP allows around a value", () => {
    expect(read(" " + EXAMPLE)).toBe(MALFORMED);
    expect(read(EXAMPLE + " ")).toBe(MALFORMED);
    expect(read("00 -" + IDS + "-01")).toBe(MALFORMED);
    expect(read(" ")).toBe(MALFORMED);
  });

  it("of 64 KiB is skipped where it is allowed, and refused elsewhere", () => {
    let long = new Bytes().repeat(0x30, 65536);
    expect(readBytes(long.at, long.size)).toBe(MALFORMED);
    long = new Bytes().text(EXAMPLE).repeat(0x2d, 65536);
    expect(readBytes(long.at, long.size)).toBe(MALFORMED);
    long = new Bytes().text("01-" + IDS + "-01").repeat(0x2d, 65536);
    expect(readBytes(long.at, long.size)).toBe(READ);
    expect(write()).toBe(EXAMPLE);
  });
});
