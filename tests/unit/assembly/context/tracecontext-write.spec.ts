// How a context becomes a `traceparent`, and that reading it restores the context.
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { READ } from "../../../../assembly/context/propagator";
import { TRACEPARENT_SIZE, writeTraceparent } from "../../../../assembly/context/tracecontext";
import { chance, startChance } from "../chance";
import { context, EXAMPLE, IDS, place, read, readBytes, write } from "./traceparents";

const before = new TraceContext();

describe("writeTraceparent", () => {
  it("zero-pads a 64-bit id", () => {
    context.clear();
    context.traceLow = 0xabc;
    context.spanId = 1;
    context.decision = ACCEPT;
    expect(write()).toBe("00-00000000000000000000000000000abc-0000000000000001-01");
  });

  it("writes exactly 55 bytes", () => {
    expect(read(EXAMPLE)).toBe(READ);
    expect(write().length).toBe(<i32>TRACEPARENT_SIZE);
    for (let i: u32 = TRACEPARENT_SIZE; i < TRACEPARENT_SIZE + 9; i++) expect(load<u8>(place.at + i)).toBe(0x23);
  });

  it("says sampled only for accept and debug", () => {
    expect(read(EXAMPLE)).toBe(READ);
    let decisions = [DEFER, DENY, ACCEPT, DEBUG];
    for (let i = 0; i < decisions.length; i++) {
      context.decision = decisions[i];
      expect(write()).toBe("00-" + IDS + (decisions[i] >= ACCEPT ? "-01" : "-00"));
    }
  });

  it("restores ten thousand contexts when read", () => {
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
