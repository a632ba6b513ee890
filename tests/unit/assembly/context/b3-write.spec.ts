import { MAX_B3, readB3, writeB3 } from "../../../../assembly/context/b3";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { READ } from "../../../../assembly/context/propagator";
import { Bytes } from "../bytes";
import { below, chance, startChance } from "../chance";
import { told } from "../contexts";

const context = new TraceContext();
const readBack = new TraceContext();
const DECISIONS: u8[] = [DENY, ACCEPT, DEBUG];

/** `context` as a `b3`; says so if more was written than promised. */
function written(): string {
  let framed = new Bytes().repeat(0xee, MAX_B3 + 8);
  let size = writeB3(framed.at, context) - framed.at;
  for (let i: usize = size; i < framed.size; i++) if (load<u8>(framed.at + i) !== 0xee) return "too much";
  return String.UTF8.decodeUnsafe(framed.at, size);
}

/** `value` read and written again. */
function canonical(value: string): string {
  let bytes = new Bytes().text(value);
  expect(readB3(bytes.at, bytes.size, context)).toBe(READ, value);
  return written();
}

describe("writeB3", () => {
  it("writes canonical values unchanged", () => {
    let values = [
      "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90",
      "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d",
      "00000000000000000000000000000001-0000000000000001-0",
      "463ac35c9f6413ad-a2fb4a1d1a96d312-0-0020000000000001",
      "463ac35c9f6413ad-a2fb4a1d1a96d312-1",
      "463ac35c9f6413ad-a2fb4a1d1a96d312",
      "0",
      "1",
      "d",
    ];
    for (let i = 0; i < values.length; i++) expect(canonical(values[i])).toBe(values[i]);
  });

  it("writes lower case", () => {
    expect(canonical("463AC35C9F6413AD-A2FB4A1D1A96D312-1-0000000000000ABC")).toBe(
      "463ac35c9f6413ad-a2fb4a1d1a96d312-1-0000000000000abc",
    );
  });

  it("writes full width, 16 digits or 32", () => {
    expect(canonical("0000000000000001-0000000000000002-0-0000000000000003")).toBe(
      "0000000000000001-0000000000000002-0-0000000000000003",
    );
    expect(canonical("00000000000000000000000000000001-0000000000000002-0")).toBe(
      "00000000000000000000000000000001-0000000000000002-0",
    );
  });

  it("omits a parent of zeros", () => {
    expect(canonical("0000000000000001-0000000000000002-0-0000000000000000")).toBe(
      "0000000000000001-0000000000000002-0",
    );
  });

  it("omits a parent if there is no decision to write before it", () => {
    expect(canonical("0000000000000001-0000000000000002-0000000000000033")).toBe("0000000000000001-0000000000000002");
  });

  it("writes the longest value in the promised 68 bytes", () => {
    expect(canonical("f".repeat(32) + "-" + "f".repeat(16) + "-d-" + "f".repeat(16)).length).toBe(68);
  });

  it("writes the same again from its own output, whatever the context", () => {
    startChance(14);
    let wrong = "";
    for (let i = 0; i < 5000; i++) {
      context.clear();
      context.decision = DECISIONS[below(3)];
      if (below(4) > 0) {
        context.traceLow = (chance() >> below(63)) | 1;
        context.spanId = (chance() >> below(63)) | 1;
        context.wide = below(2) === 0;
        if (context.wide) context.traceHigh = chance() >> below(64);
        if (below(2) === 0) context.parentId = chance() >> below(64);
        else if (below(2) === 0) context.decision = DEFER;
      }
      let value = written();
      let bytes = new Bytes().text(value);
      let same = readB3(bytes.at, bytes.size, readBack) === READ && told(readBack) === told(context);
      if (!same) wrong += value + " ";
      heap.free(bytes.at);
    }
    expect(wrong).toBe("");
  });
});
