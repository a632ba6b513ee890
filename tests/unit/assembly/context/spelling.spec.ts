import { TraceContext } from "../../../../assembly/context/context";
import { readParentId, readSpanId, readTraceId, writeTraceId } from "../../../../assembly/context/spelling";
import { Bytes, fence } from "../bytes";

const context = new TraceContext();

function traceId(digits: string): bool {
  let bytes = new Bytes().text(digits);
  return readTraceId(fence(bytes.at, bytes.size), bytes.size, context);
}

function spanId(digits: string): bool {
  let bytes = new Bytes().text(digits);
  return readSpanId(fence(bytes.at, bytes.size), bytes.size, context);
}

function parentId(digits: string): bool {
  let bytes = new Bytes().text(digits);
  return readParentId(fence(bytes.at, bytes.size), bytes.size, context);
}

function written(): string {
  let buffer = heap.alloc(40);
  return String.UTF8.decodeUnsafe(buffer, writeTraceId(buffer, context) - buffer);
}

describe("a trace id", () => {
  it("has 32 digits", () => {
    expect(traceId("80f198ee56343ba864fe8b2a57d3eff7")).toBe(true);
    expect(context.traceHigh).toBe(0x80f198ee56343ba8);
    expect(context.traceLow).toBe(0x64fe8b2a57d3eff7);
    expect(context.wide).toBe(true);
    expect(written()).toBe("80f198ee56343ba864fe8b2a57d3eff7");
  });

  it("has 16 digits, and clears a previous upper half", () => {
    traceId("80f198ee56343ba864fe8b2a57d3eff7");
    expect(traceId("463ac35c9f6413ad")).toBe(true);
    expect(context.traceHigh).toBe(0);
    expect(context.traceLow).toBe(0x463ac35c9f6413ad);
    expect(context.wide).toBe(false);
    expect(written()).toBe("463ac35c9f6413ad");
  });

  it("of 1 to 16 digits is written with 16 digits, of 17 to 32 with 32", () => {
    for (let size = 1; size <= 32; size++) {
      expect(traceId("a".repeat(size))).toBe(true);
      expect(written()).toBe("a".repeat(size).padStart(size > 16 ? 32 : 16, "0"));
    }
  });

  it("keeps its width if the upper half is zero", () => {
    expect(traceId("0000000000000000463ac35c9f6413ad")).toBe(true);
    expect(written()).toBe("0000000000000000463ac35c9f6413ad");
  });

  it("may have one half of zeros, but not both", () => {
    expect(traceId("463ac35c9f6413ad0000000000000000")).toBe(true);
    expect(traceId("00000000000000000000000000000000")).toBe(false);
    expect(traceId("0000000000000000")).toBe(false);
    expect(traceId("0")).toBe(false);
  });

  it("may not have fewer or more digits", () => {
    expect(traceId("")).toBe(false);
    expect(traceId("1".repeat(33))).toBe(false);
    expect(traceId("1".repeat(64))).toBe(false);
    expect(traceId("0".repeat(16) + "1".repeat(32))).toBe(false);
  });

  it("may only have digits, in both halves", () => {
    expect(traceId("80f198ee56343ba864fe8b2a57d3effg")).toBe(false);
    expect(traceId("g0f198ee56343ba864fe8b2a57d3eff7")).toBe(false);
    expect(traceId("80f198ee56343bag64fe8b2a57d3eff7")).toBe(false);
    expect(traceId("80f198ee-5634-3ba8-64fe-8b2a57d3")).toBe(false);
  });
});

describe("a span id", () => {
  it("has 1 to 16 digits of either case", () => {
    expect(spanId("e457b5a2e4d86bd1")).toBe(true);
    expect(context.spanId).toBe(0xe457b5a2e4d86bd1);
    expect(spanId("BD1")).toBe(true);
    expect(context.spanId).toBe(0xbd1);
  });

  it("may not be zero or empty, or have a 17th digit", () => {
    expect(spanId("0000000000000000")).toBe(false);
    expect(spanId("0")).toBe(false);
    expect(spanId("")).toBe(false);
    expect(spanId("0e457b5a2e4d86bd1")).toBe(false);
    expect(spanId("e457b5a2e4d86bd-")).toBe(false);
  });
});

describe("a parent's id", () => {
  it("has 1 to 16 digits", () => {
    expect(parentId("05e3ac9a4f6e3b90")).toBe(true);
    expect(context.parentId).toBe(0x05e3ac9a4f6e3b90);
    expect(parentId("f")).toBe(true);
    expect(context.parentId).toBe(15);
  });

  it("may be zero, which means no parent", () => {
    expect(parentId("0000000000000000")).toBe(true);
    expect(context.parentId).toBe(0);
  });

  it("may not be empty, or have a 17th digit", () => {
    expect(parentId("")).toBe(false);
    expect(parentId("00000000000000000")).toBe(false);
    expect(parentId("-")).toBe(false);
  });
});
