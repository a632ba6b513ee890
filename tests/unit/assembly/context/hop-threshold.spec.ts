// What a hop says of the probability with which it sampled a trace: the threshold where a rate or a rule decided, that it
// is unknown where something else did, and nothing where the parent decided.
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { TraceContext } from "../../../../assembly/context/context";
import { extract } from "../../../../assembly/context/extract";
import { continueFrom } from "../../../../assembly/context/hop";
import { seed } from "../../../../assembly/context/ids";
import { Propagation } from "../../../../assembly/context/propagation";
import { Rule } from "../../../../assembly/context/rule";
import { ALWAYS, Sampler } from "../../../../assembly/context/sampling";
import { UNKNOWN } from "../../../../assembly/context/threshold";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { text } from "../../../../assembly/bytes/slice";
import { bring } from "../headers";

const BOTH = new Propagation([b3, b3multi, tracecontext], [b3multi, tracecontext], true, false);
const HALF: u32 = ALWAYS / 2;

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
/** A trace id whose last 56 bits are fe8b2a57d3eff7: sampled at a rate of one half. */
const HIGH: string[] = [":path", "/", "b3", TRACE + "-" + SPAN];
/** The same with 7e8b2a57d3eff7: not sampled then. */
const LOW_TRACE = "80f198ee56343ba8647e8b2a57d3eff7";
const LOW: string[] = [":path", "/", "b3", LOW_TRACE + "-" + SPAN];
const FRESH: string[] = [":path", "/"];

const received = new TraceContext();
const own = new TraceContext();
let now: u64 = 1000000;

function nowMs(): u64 {
  return now;
}

/** `perSecond` in ten-thousandths. */
function sampler(rate: u32, perSecond: u64 = 0, rules: Rule[] = [], setsThreshold: bool = true): Sampler {
  return new Sampler(rate, perSecond, [text("/healthz")], rules, setsThreshold);
}

/** The decision for a request with `headers`, and what is said of its threshold. */
function told(headers: string[], each: Sampler): string {
  bring(carrier, headers);
  extract(BOTH, received);
  continueFrom(received, own, BOTH, each, nowMs);
  let decision = own.sampled ? "sampled" : "unsampled";
  if (!own.setsThreshold) return decision;
  return decision + (own.threshold === UNKNOWN ? " unknown" : " " + own.threshold.toString(16));
}

function traceparent(traceId: string, flags: string, state: string): string[] {
  return ["traceparent", "00-" + traceId + "-" + SPAN + "-" + flags, "tracestate", state];
}

beforeEach(() => {
  seed(21, 22);
  now = 1000000;
});

describe("a sampled trace that starts here", () => {
  it("has the threshold of the rate", () => {
    expect(told(FRESH, sampler(ALWAYS))).toBe("sampled 0");
    let half = sampler(HALF);
    let sampled = 0;
    for (let i = 0; i < 100; i++) {
      let line = told(FRESH, half);
      if (line === "sampled 80000000000000") sampled++;
      else expect(line).toBe("unsampled unknown");
    }
    expect(sampled).toBeGreaterThan(20);
    expect(sampled).toBeLessThan(80);
  });

  it("has the threshold of the rule that decided", () => {
    let rule = new Rule(0);
    rule.whenPathStartsWith("/checkout");
    let each = sampler(0, 0, [rule]);
    expect(told([":path", "/checkout"], each)).toBe("sampled 0");
    expect(told([":path", "/cart"], each)).toBe("unsampled unknown");
  });

  it("says nothing if that is not wanted", () => {
    expect(told(FRESH, sampler(ALWAYS, 0, [], false))).toBe("sampled");
    expect(told(FRESH, sampler(0, 0, [], false))).toBe("unsampled");
  });

  it("has no known threshold if Envoy was told to trace it", () => {
    expect(told([":path", "/", "x-envoy-force-trace", "1"], sampler(0))).toBe("sampled unknown");
    expect(told([":path", "/", "x-client-trace-id", "1"], sampler(ALWAYS))).toBe("sampled unknown");
  });

  it("has no known threshold while the cap is short", () => {
    let capped = sampler(ALWAYS, 2 * ALWAYS);
    expect(told(FRESH, capped)).toBe("sampled 0");
    expect(told(FRESH, capped)).toBe("sampled 0");
    expect(told(FRESH, capped)).toBe("unsampled unknown");
    now += 500;
    expect(told(FRESH, capped)).toBe("sampled unknown");
    now += 1000;
    expect(told(FRESH, capped)).toBe("sampled 0");
  });

  it("says nothing on an excluded path, which starts none", () => {
    expect(told([":path", "/healthz"], sampler(ALWAYS))).toBe("unsampled");
  });
});

describe("a trace that arrived undecided, with ids", () => {
  it("is decided by its id, and has the threshold of the rate", () => {
    expect(told(HIGH, sampler(HALF))).toBe("sampled 80000000000000");
    expect(told(LOW, sampler(HALF))).toBe("unsampled unknown");
  });

  it("is decided by the rules", () => {
    let rule = new Rule(0);
    rule.whenMethodIs("POST");
    let each = sampler(HALF, 0, [rule]);
    expect(told(LOW.concat([":method", "POST"]), each)).toBe("sampled 0");
    expect(told(LOW.concat([":method", "GET"]), each)).toBe("unsampled unknown");
  });

  it("has its threshold even while the cap is short, which is for traces that start here", () => {
    let capped = sampler(ALWAYS, ALWAYS);
    told(FRESH, capped);
    expect(told(FRESH, capped)).toBe("unsampled unknown");
    expect(told(HIGH, capped)).toBe("sampled 0");
  });

  it("is decided by its rv instead of its id", () => {
    let low = traceparent(TRACE, "01", "a=1,ot=rv:7fffffffffffff");
    let high = traceparent(LOW_TRACE, "01", "a=1,ot=rv:80000000000000");
    expect(told(HIGH.concat(low), sampler(HALF))).toBe("unsampled unknown");
    expect(told(LOW.concat(high), sampler(HALF))).toBe("sampled 80000000000000");
  });

  it("is decided by its id if the rv is not usable, of another trace, or thresholds are not wanted", () => {
    let half = sampler(HALF);
    expect(told(LOW.concat(traceparent(LOW_TRACE, "01", "ot=rv:8")), half)).toBe("unsampled unknown");
    expect(told(LOW.concat(traceparent(LOW_TRACE, "01", "ot=rv:ffffffffffffff,=")), half)).toBe("unsampled unknown");
    expect(told(LOW.concat(traceparent(TRACE, "01", "ot=rv:ffffffffffffff")), half)).toBe("unsampled unknown");
    let high = LOW.concat(traceparent(LOW_TRACE, "01", "ot=rv:ffffffffffffff"));
    expect(told(high, sampler(HALF, 0, [], false))).toBe("unsampled");
  });

  it("is decided by an rv in any of several lines of tracestate", () => {
    let lines = LOW.concat(traceparent(LOW_TRACE, "01", "a=1")).concat(["tracestate", "ot=rv:ffffffffffffff"]);
    expect(told(lines, sampler(HALF))).toBe("sampled 80000000000000");
  });
});

describe("a trace that its parent decided", () => {
  it("passes on what it says of its threshold", () => {
    expect(told([":path", "/", "b3", TRACE + "-" + SPAN + "-1"], sampler(HALF))).toBe("sampled");
    expect(told([":path", "/", "b3", TRACE + "-" + SPAN + "-0"], sampler(HALF))).toBe("unsampled");
    expect(told([":path", "/", "b3", TRACE + "-" + SPAN + "-d"], sampler(HALF))).toBe("sampled");
    expect(told([":path", "/"].concat(traceparent(TRACE, "01", "ot=th:c")), sampler(HALF))).toBe("sampled");
    expect(told([":path", "/"].concat(traceparent(TRACE, "00", "ot=th:c")), sampler(HALF))).toBe("unsampled");
  });

  it("says nothing if the decision came without ids", () => {
    expect(told([":path", "/", "b3", "1"], sampler(HALF))).toBe("sampled");
    expect(told([":path", "/", "b3", "0"], sampler(HALF))).toBe("unsampled");
  });
});
