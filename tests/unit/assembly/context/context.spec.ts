import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { setExample, told } from "../contexts";

const context = new TraceContext();
const other = new TraceContext();

function fill(context: TraceContext): void {
  setExample(context, DEBUG);
  context.random = true;
  context.flipsSampled = true;
  context.keepsTracestate = true;
}

describe("a trace context", () => {
  it("is empty when it is new", () => {
    let fresh = new TraceContext();
    expect(told(fresh)).toBe("defer");
    expect(fresh.hasIds).toBe(false);
    expect(fresh.random).toBe(false);
  });

  it("is empty in every field after it is cleared", () => {
    fill(context);
    context.clear();
    expect(told(context)).toBe("defer");
    expect(context.spanId).toBe(0);
    expect(context.random).toBe(false);
    expect(context.flipsSampled).toBe(false);
    expect(context.keepsTracestate).toBe(false);
  });

  it("is copied in every field", () => {
    fill(context);
    other.clear();
    other.copyFrom(context);
    expect(told(other)).toBe("80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 debug of 05e3ac9a4f6e3b90");
    expect(other.random).toBe(true);
    expect(other.flipsSampled).toBe(true);
    expect(other.keepsTracestate).toBe(true);
  });

  it("is not touched when its copy changes", () => {
    fill(context);
    other.copyFrom(context);
    other.clear();
    expect(context.traceLow).toBe(0x64fe8b2a57d3eff7);
  });

  it("has ids if either half of the trace id is set", () => {
    context.clear();
    expect(context.hasIds).toBe(false);
    context.traceLow = 1;
    expect(context.hasIds).toBe(true);
    context.traceLow = 0;
    context.traceHigh = 0x8000000000000000;
    expect(context.hasIds).toBe(true);
  });

  it("is of the same trace if both halves of the id are equal", () => {
    fill(context);
    fill(other);
    other.spanId = 1;
    expect(context.sameTrace(other)).toBe(true);
    other.traceHigh = 0;
    expect(context.sameTrace(other)).toBe(false);
    fill(other);
    other.traceLow ^= 0x8000000000000000;
    expect(context.sameTrace(other)).toBe(false);
  });

  it("is sampled if its decision is accept or debug", () => {
    context.decision = DEFER;
    expect(context.sampled).toBe(false);
    context.decision = DENY;
    expect(context.sampled).toBe(false);
    context.decision = ACCEPT;
    expect(context.sampled).toBe(true);
    context.decision = DEBUG;
    expect(context.sampled).toBe(true);
  });
});
