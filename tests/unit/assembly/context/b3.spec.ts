import { ABSENT, ACCEPT, DEBUG, DEFER, DENY, MALFORMED, READ, TraceContext } from "../../../../assembly/context/context";
import { MAX_B3, readB3, writeB3 } from "../../../../assembly/context/b3";
import { text, toText, Slice } from "../../../../assembly/bytes/slice";

const context = new TraceContext();

function read(value: string): u32 {
  let bytes = text(value);
  return readB3(bytes.at, bytes.size, context);
}

describe("readB3", () => {
  it("reads the specification's example", () => {
    expect(read("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90")).toBe(READ);
    expect(context.traceHigh).toBe(0x80f198ee56343ba8);
    expect(context.traceLow).toBe(0x64fe8b2a57d3eff7);
    expect(context.spanId).toBe(0xe457b5a2e4d86bd1);
    expect(context.parentId).toBe(0x05e3ac9a4f6e3b90);
    expect(context.decision).toBe(ACCEPT);
    expect(context.wide).toBe(true);
  });
});
