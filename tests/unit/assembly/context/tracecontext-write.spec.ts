// How a context becomes a `traceparent`, and that reading it gives the context back.
import { Field } from "../../../../assembly/bytes/fields";
import { toText, Slice } from "../../../../assembly/bytes/slice";
import { ACCEPT, DEBUG, DEFER, DENY, READ, TraceContext } from "../../../../assembly/context/context";
import { readTraceparent, TRACEPARENT_SIZE, writeTraceparent } from "../../../../assembly/context/tracecontext";
import { Bytes } from "../bytes";
import { chance, startChance } from "../chance";

const EXAMPLE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const IDS = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

const context = new TraceContext();
const before = new TraceContext();
const field = new Field();

function readBytes(at: usize, size: u32): u32 {
  field.at = at;
  field.size = size;
  field.seen = 1;
  return readTraceparent(field, context);
}

function read(value: string): u32 {
  let bytes = new Bytes().text(value);
  return readBytes(bytes.at, bytes.size);
}

const place = new Bytes().repeat(0x23, TRACEPARENT_SIZE + 9);
const written = new Slice();

function write(): string {
  written.set(place.at, <u32>(writeTraceparent(place.at, context) - place.at));
  return toText(written);
}

describe("writeTraceparent", () => {
  it("writes an id of 64 bits with zeros in front", () => {
    context.clear();
    context.traceLow = 0xabc;
    context.spanId = 1;
    context.decision = ACCEPT;
    expect(write()).toBe("00-00000000000000000000000000000abc-0000000000000001-01");
  });

  it("writes 55 bytes and none beyond them", () => {
    expect(read(EXAMPLE)).toBe(READ);
    expect(write().length).toBe(<i32>TRACEPARENT_SIZE);
    for (let i: u32 = TRACEPARENT_SIZE; i < TRACEPARENT_SIZE + 9; i++) expect(load<u8>(place.at + i)).toBe(0x23);
  });

  it("says sampled for accept and debug alone", () => {
    expect(read(EXAMPLE)).toBe(READ);
    let decisions = [DEFER, DENY, ACCEPT, DEBUG];
    for (let i = 0; i < decisions.length; i++) {
      context.decision = decisions[i];
      expect(write()).toBe("00-" + IDS + (decisions[i] >= ACCEPT ? "-01" : "-00"));
    }
  });

  it("gives back what was read, for ten thousand contexts", () => {
    startChance(11);
    for (let i = 0; i < 10000; i++) {
      context.clear();
      context.wide = true;
      context.traceHigh = chance();
      context.traceLow = chance() | 1;
      context.spanId = chance() | 1;
      context.decision = (chance() & 1) !== 0 ? ACCEPT : DENY;
      context.random = (chance() & 1) !== 0;
      before.copyFrom(context);
      writeTraceparent(place.at, context);
      context.clear();
      let isSame = readBytes(place.at, TRACEPARENT_SIZE) === READ && context.sameTrace(before);
      isSame = isSame && context.spanId === before.spanId && context.decision === before.decision;
      if (!isSame || context.random !== before.random) expect(write()).toBe("what was read");
    }
  });
});
