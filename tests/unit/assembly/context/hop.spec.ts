// Which ids go on from a received context. decision.spec.ts tests the order in which a hop decides whether to record,
// hop-threshold.spec.ts what it says of its threshold, and hop-kept.spec.ts which spans of unsampled traces may be kept.
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { continueFrom } from "../../../../assembly/context/hop";
import { seed } from "../../../../assembly/context/ids";
import { Propagation } from "../../../../assembly/context/propagation";
import { ALWAYS, Sampler } from "../../../../assembly/context/sampling";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { setExample, told } from "../contexts";
import { bring } from "../headers";

const USUAL = new Propagation([], [b3multi], true, false);
const NARROW = new Propagation([], [b3multi, b3], false, false);
const W3C = new Propagation([], [b3multi, tracecontext], true, false);

const ALL = new Sampler(ALWAYS, 0, []);
const NEVER = new Sampler(0, 0, []);

const received = new TraceContext();
const own = new TraceContext();
const empty = new TraceContext();

function nowMs(): u64 {
  return 1000;
}

function receive(decision: u8): void {
  setExample(received, decision);
}

/** The context that goes on from `from`, for a request to /productpage. */
function goOn(from: TraceContext, propagation: Propagation = USUAL, sampler: Sampler = ALL): string {
  bring(carrier, [":path", "/productpage"]);
  seed(1, 2);
  continueFrom(from, own, propagation, sampler, nowMs);
  return told(own);
}

/** The same for a decision without ids. */
function goOnBare(decision: u8, propagation: Propagation = USUAL, sampler: Sampler = ALL): string {
  received.clear();
  received.decision = decision;
  return goOn(received, propagation, sampler);
}

// The numbers from seed(1, 2), by the reference implementation.
const FIRST = "0000000000060001";
const SECOND = "000260c000660007";
const THIRD = "180acc04718606d3";

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";

describe("a hop of a sampled trace", () => {
  it("is a child of the received span, whose own parent is dropped", () => {
    receive(ACCEPT);
    expect(goOn(received)).toBe(TRACE + " " + FIRST + " accept of " + SPAN);
  });

  it("stays debug", () => {
    receive(DEBUG);
    expect(goOn(received)).toBe(TRACE + " " + FIRST + " debug of " + SPAN);
  });

  it("keeps a narrow trace id narrow, whatever the width of new ones", () => {
    receive(ACCEPT);
    received.traceHigh = 0;
    received.wide = false;
    expect(goOn(received)).toBe("64fe8b2a57d3eff7 " + FIRST + " accept of " + SPAN);
  });

  it("keeps a wide trace id wide, even if its upper half is zero and new ones are narrow", () => {
    receive(ACCEPT);
    received.traceHigh = 0;
    expect(goOn(received, NARROW)).toBe("000000000000000064fe8b2a57d3eff7 " + FIRST + " accept of " + SPAN);
  });

  it("leaves the received context unchanged", () => {
    receive(ACCEPT);
    goOn(received);
    expect(told(received)).toBe(TRACE + " " + SPAN + " accept of 05e3ac9a4f6e3b90");
  });

  it("is the child of the hop before it, in a chain", () => {
    receive(ACCEPT);
    bring(carrier, []);
    seed(1, 2);
    continueFrom(received, own, USUAL, ALL, nowMs);
    received.copyFrom(own);
    continueFrom(received, own, USUAL, ALL, nowMs);
    expect(told(own)).toBe(TRACE + " " + SECOND + " accept of " + FIRST);
  });
});

describe("a hop of an undecided trace", () => {
  it("is accepted as a child if the sampler keeps it", () => {
    receive(DEFER);
    expect(goOn(received)).toBe(TRACE + " " + FIRST + " accept of " + SPAN);
  });

  it("is denied if the sampler does not, and goes on bit for bit", () => {
    receive(DEFER);
    expect(goOn(received, USUAL, NEVER)).toBe(TRACE + " " + SPAN + " deny of 05e3ac9a4f6e3b90");
  });
});

describe("a hop of a trace that is not sampled", () => {
  it("goes on bit for bit, parent and width included", () => {
    receive(DENY);
    expect(goOn(received)).toBe(TRACE + " " + SPAN + " deny of 05e3ac9a4f6e3b90");
    received.traceHigh = 0;
    received.wide = false;
    expect(goOn(received)).toBe("64fe8b2a57d3eff7 " + SPAN + " deny of 05e3ac9a4f6e3b90");
  });

  it("goes on bit for bit even if traceparent is written", () => {
    receive(DENY);
    expect(goOn(received, W3C)).toBe(TRACE + " " + SPAN + " deny of 05e3ac9a4f6e3b90");
  });

  it("stays without ids if it came without", () => {
    expect(goOnBare(DENY)).toBe("deny");
    expect(own.spanId).toBe(0);
  });

  it("gets ids that no span has, if only traceparent can say it", () => {
    expect(goOnBare(DENY, W3C)).toBe(FIRST + SECOND + " " + THIRD + " deny");
  });
});

describe("a hop where a trace starts", () => {
  it("has a new trace of 128 bits and a span without a parent", () => {
    expect(goOn(empty)).toBe(FIRST + SECOND + " " + THIRD + " accept");
    expect(own.random).toBe(true);
  });

  it("has a new trace of 64 bits if configured", () => {
    expect(goOn(empty, NARROW)).toBe(FIRST + " " + SECOND + " accept");
  });

  it("keeps a decision that came without ids", () => {
    expect(goOnBare(ACCEPT)).toBe(FIRST + SECOND + " " + THIRD + " accept");
    expect(goOnBare(DEBUG)).toBe(FIRST + SECOND + " " + THIRD + " debug");
    expect(goOnBare(DEBUG, USUAL, NEVER)).toBe(FIRST + SECOND + " " + THIRD + " debug");
  });

  it("keeps nothing of the previous hop", () => {
    receive(ACCEPT);
    goOn(received);
    expect(goOn(empty)).toBe(FIRST + SECOND + " " + THIRD + " accept");
  });

  it("gets new ids each time", () => {
    goOn(empty);
    let first = told(own);
    continueFrom(empty, own, USUAL, ALL, nowMs);
    expect(told(own)).not.toBe(first);
    expect(own.parentId).toBe(0);
  });
});
