// The order in which a hop decides whether to record: the parent's decision or debug, Envoy's forced trace, excluded
// paths, the rate, the cap. Each step is tested against the next one that would decide otherwise.
import { encodePairs } from "../../../../assembly/bytes/fields";
import { Slice, text } from "../../../../assembly/bytes/slice";
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { continueFrom } from "../../../../assembly/context/hop";
import { seed } from "../../../../assembly/context/ids";
import { Propagation } from "../../../../assembly/context/propagation";
import { Propagator } from "../../../../assembly/context/propagator";
import { ALWAYS, randomBitsOf, Sampler } from "../../../../assembly/context/sampling";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { setExample } from "../contexts";

const ORDER: Propagator[] = [b3, b3multi, tracecontext];
const B3_OUT = new Propagation(ORDER, [b3multi], true, false);
const W3C_OUT = new Propagation(ORDER, [b3multi, tracecontext], true, false);
const NARROW = new Propagation(ORDER, [b3multi], false, false);

const EXCLUDED: Slice[] = [text("/healthz")];
const NOT_FORCED = "6d1f4ae2-57c3-9b21-9d0e-3f6a8c5b7e10";
const FORCED = "6d1f4ae2-57c3-ab21-9d0e-3f6a8c5b7e10";

const received = new TraceContext();
const own = new TraceContext();
let now: u64 = 1000000;
let clockReads = 0;

function clock(): u64 {
  clockReads++;
  return now;
}

/** A request for this path with this x-request-id. Its context is empty until set otherwise. */
function arrive(path: string, requestId: string = NOT_FORCED): void {
  let pairs = encodePairs([":path", "x-request-id"], [path, requestId]);
  carrier.scan(pairs.at, pairs.size);
  received.clear();
}

/** The incoming trace: the low half of its id, and its decision. */
function arriveIn(traceLow: u64, decision: u8): void {
  setExample(received, decision);
  received.traceLow = traceLow;
}

function decideWith(sampler: Sampler, propagation: Propagation = B3_OUT): u8 {
  continueFrom(received, own, propagation, sampler, clock);
  return own.decision;
}

function sampler(rate: u32, perSecond: u64 = 0): Sampler {
  return new Sampler(rate, perSecond, EXCLUDED);
}

beforeEach(() => {
  seed(21, 22);
  now = 1000000;
  clockReads = 0;
});

describe("the parent's decision", () => {
  it("to deny comes before the forced trace and a rate of 1", () => {
    arrive("/", FORCED);
    arriveIn(1, DENY);
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
    arrive("/", FORCED);
    received.decision = DENY;
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
  });

  it("to accept comes before excluded paths, a rate of 0 and the cap", () => {
    let none = sampler(0, 1);
    arrive("/healthz");
    arriveIn(1, ACCEPT);
    expect(decideWith(none)).toBe(ACCEPT);
    arrive("/healthz");
    received.decision = ACCEPT;
    expect(decideWith(none)).toBe(ACCEPT);
    expect(clockReads).toBe(0);
  });

  it("to debug comes before excluded paths, a rate of 0 and the cap, and remains debug", () => {
    let none = sampler(0, 1);
    arrive("/healthz");
    arriveIn(1, DEBUG);
    expect(decideWith(none)).toBe(DEBUG);
    arrive("/healthz");
    received.decision = DEBUG;
    expect(decideWith(none)).toBe(DEBUG);
    expect(clockReads).toBe(0);
  });

  it("makes the received span our parent if the trace is recorded, and otherwise changes nothing", () => {
    arrive("/");
    arriveIn(1, ACCEPT);
    decideWith(sampler(0));
    expect(own.sameTrace(received)).toBe(true);
    expect(own.parentId).toBe(received.spanId);
    expect(own.spanId).not.toBe(received.spanId);
    arriveIn(1, DENY);
    decideWith(sampler(ALWAYS));
    expect(own.sameTrace(received)).toBe(true);
    expect(own.spanId).toBe(received.spanId);
    expect(own.parentId).toBe(received.parentId);
  });
});

describe("the forced trace", () => {
  it("comes before excluded paths", () => {
    arrive("/healthz", FORCED);
    expect(decideWith(sampler(ALWAYS))).toBe(ACCEPT);
  });

  it("comes before the rate, for a new trace and for one that came in undecided", () => {
    arrive("/", FORCED);
    expect(decideWith(sampler(0))).toBe(ACCEPT);
    arrive("/", FORCED);
    arriveIn(1, DEFER);
    expect(decideWith(sampler(0))).toBe(ACCEPT);
  });

  it("comes before the cap, and does not count against it", () => {
    let one = sampler(ALWAYS, ALWAYS);
    for (let i = 0; i < 10; i++) {
      arrive("/", FORCED);
      expect(decideWith(one)).toBe(ACCEPT);
    }
    expect(clockReads).toBe(0);
    arrive("/");
    expect(decideWith(one)).toBe(ACCEPT);
    arrive("/");
    expect(decideWith(one)).toBe(DENY);
    arrive("/", FORCED);
    expect(decideWith(one)).toBe(ACCEPT);
  });
});

describe("an excluded path", () => {
  it("comes before a rate of 1, and does not count against the cap", () => {
    let one = sampler(ALWAYS, ALWAYS);
    for (let i = 0; i < 10; i++) {
      arrive("/healthz");
      expect(decideWith(one)).toBe(DENY);
    }
    expect(clockReads).toBe(0);
    arrive("/");
    expect(decideWith(one)).toBe(ACCEPT);
  });

  it("starts no trace: the decision has no ids", () => {
    arrive("/healthz/ready");
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
    expect(own.hasIds).toBe(false);
    expect(own.spanId).toBe(0);
  });

  it("gets ids, unsampled, if traceparent is injected, which cannot say so otherwise", () => {
    arrive("/healthz");
    expect(decideWith(sampler(ALWAYS), W3C_OUT)).toBe(DENY);
    expect(own.hasIds).toBe(true);
    expect(own.spanId).not.toBe(0);
    expect(own.parentId).toBe(0);
    expect(own.random).toBe(true);
  });

  it("does not end a trace that came in undecided: the rate decides", () => {
    arrive("/healthz");
    arriveIn(1, DEFER);
    expect(decideWith(sampler(ALWAYS))).toBe(ACCEPT);
    expect(own.sameTrace(received)).toBe(true);
    expect(own.parentId).toBe(received.spanId);
    expect(decideWith(sampler(0))).toBe(DENY);
    expect(own.sameTrace(received)).toBe(true);
    expect(own.spanId).toBe(received.spanId);
  });

  it("begins with the prefix, byte for byte", () => {
    arrive("/health");
    expect(decideWith(sampler(ALWAYS))).toBe(ACCEPT);
    arrive("/healthz");
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
    arrive("/healthzoo");
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
  });
});

describe("the rate", () => {
  it("decides about a new trace by its new id", () => {
    let half = sampler(ALWAYS / 2);
    let accepted = 0;
    for (let i = 0; i < 10000; i++) {
      arrive("/");
      let decision = decideWith(half);
      if (decision === ACCEPT) accepted++;
      if ((decision === ACCEPT) !== randomBitsOf(own.traceLow) >= half.thresholdOfRequest())
        expect(i).toBe(-1, "the id says otherwise");
    }
    // Five standard deviations: 5 * sqrt(10000 * 0.5 * 0.5).
    expect(abs(accepted - 5000)).toBeLessThan(250);
  });

  it("decides about a trace that came in undecided by its id, identically on every hop", () => {
    let here = sampler(ALWAYS / 2);
    let there = sampler(ALWAYS / 2);
    arrive("/");
    arriveIn(0x007fffffffffffff, DEFER);
    expect(decideWith(here)).toBe(DENY);
    expect(decideWith(there)).toBe(DENY);
    arriveIn(0x0080000000000000, DEFER);
    expect(decideWith(here)).toBe(ACCEPT);
    expect(decideWith(there)).toBe(ACCEPT);
  });

  it("leaves a denied new trace with ids, so that the next hop knows them, and without a parent", () => {
    arrive("/");
    expect(decideWith(sampler(0))).toBe(DENY);
    expect(own.hasIds).toBe(true);
    expect(own.spanId).not.toBe(0);
    expect(own.parentId).toBe(0);
  });

  it("leaves a denied incoming trace unchanged", () => {
    arrive("/");
    arriveIn(1, DEFER);
    expect(decideWith(sampler(0))).toBe(DENY);
    expect(own.sameTrace(received)).toBe(true);
    expect(own.spanId).toBe(received.spanId);
    expect(own.parentId).toBe(received.parentId);
  });

  it("comes before the cap: a trace that it denies does not count against the cap", () => {
    let cap = sampler(0, ALWAYS);
    for (let i = 0; i < 10; i++) {
      arrive("/");
      expect(decideWith(cap)).toBe(DENY);
    }
    expect(clockReads).toBe(0);
  });
});

describe("the cap", () => {
  it("denies new traces beyond it, with ids", () => {
    let two = sampler(ALWAYS, 2 * ALWAYS);
    for (let i = 0; i < 2; i++) {
      arrive("/");
      expect(decideWith(two)).toBe(ACCEPT);
    }
    arrive("/");
    expect(decideWith(two)).toBe(DENY);
    expect(own.hasIds).toBe(true);
    now += 500;
    arrive("/");
    expect(decideWith(two)).toBe(ACCEPT);
  });

  it("only counts traces that start here, not those that came in undecided", () => {
    let one = sampler(ALWAYS, ALWAYS);
    arrive("/");
    for (let i = 0; i < 10; i++) {
      arriveIn(1, DEFER);
      expect(decideWith(one)).toBe(ACCEPT);
    }
    expect(clockReads).toBe(0);
    arrive("/");
    expect(decideWith(one)).toBe(ACCEPT);
    arrive("/");
    expect(decideWith(one)).toBe(DENY);
    arriveIn(1, DEFER);
    expect(decideWith(one)).toBe(ACCEPT);
  });

  it("does not count a trace that was decided elsewhere, with or without ids", () => {
    let one = sampler(ALWAYS, ALWAYS);
    for (let i = 0; i < 10; i++) {
      arrive("/");
      received.decision = ACCEPT;
      expect(decideWith(one)).toBe(ACCEPT);
      arriveIn(1, ACCEPT);
      expect(decideWith(one)).toBe(ACCEPT);
    }
    arrive("/");
    expect(decideWith(one)).toBe(ACCEPT);
  });

  it("reads the clock only if there is a cap", () => {
    arrive("/");
    decideWith(sampler(ALWAYS));
    expect(clockReads).toBe(0);
    decideWith(sampler(ALWAYS, ALWAYS));
    expect(clockReads).toBe(1);
  });
});

describe("a decision that came without ids", () => {
  it("to deny goes on without ids, or with ids if traceparent is injected", () => {
    arrive("/");
    received.decision = DENY;
    expect(decideWith(sampler(ALWAYS))).toBe(DENY);
    expect(own.hasIds).toBe(false);
    expect(decideWith(sampler(ALWAYS), W3C_OUT)).toBe(DENY);
    expect(own.hasIds).toBe(true);
    expect(own.spanId).not.toBe(0);
  });

  it("to accept or debug starts a trace without a parent", () => {
    let decisions = [ACCEPT, DEBUG];
    for (let i = 0; i < decisions.length; i++) {
      arrive("/");
      received.decision = decisions[i];
      expect(decideWith(sampler(0))).toBe(decisions[i]);
      expect(own.hasIds).toBe(true);
      expect(own.wide).toBe(true);
      expect(own.parentId).toBe(0);
      expect(own.random).toBe(true);
    }
  });
});

describe("a new trace", () => {
  it("has a 64-bit id if configured, which is sampled by the same rule", () => {
    let half = sampler(ALWAYS / 2);
    for (let i = 0; i < 1000; i++) {
      arrive("/");
      let decision = decideWith(half, NARROW);
      expect(own.traceHigh).toBe(0);
      expect(own.wide).toBe(false);
      if ((decision === ACCEPT) !== randomBitsOf(own.traceLow) >= half.thresholdOfRequest())
        expect(i).toBe(-1, "the id says otherwise");
    }
  });

  it("has new ids each time", () => {
    arrive("/");
    decideWith(sampler(ALWAYS));
    let first = own.traceLow;
    expect(own.spanId).not.toBe(first);
    decideWith(sampler(ALWAYS));
    expect(own.traceLow).not.toBe(first);
  });
});
