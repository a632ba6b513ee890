// Which spans of unsampled traces may be kept, and with which ids.
import { text } from "../../../../assembly/bytes/slice";
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { TraceContext } from "../../../../assembly/context/context";
import { extract } from "../../../../assembly/context/extract";
import { continueFrom, makeSpan } from "../../../../assembly/context/hop";
import { seed } from "../../../../assembly/context/ids";
import { Propagation } from "../../../../assembly/context/propagation";
import { ALWAYS, Sampler } from "../../../../assembly/context/sampling";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { told } from "../contexts";
import { bring } from "../headers";

const B3_OUT = new Propagation([b3, b3multi, tracecontext], [b3multi], true, false);
const W3C_OUT = new Propagation([b3, b3multi, tracecontext], [b3multi, tracecontext], true, false);
const UNTRUSTING = new Propagation([], [b3multi], true, false);

const KEEPING = new Sampler(0, 0, [text("/healthz")], [], false, true);
const KEEPING_AND_SAMPLING = new Sampler(ALWAYS, 0, [text("/healthz")], [], false, true);
const NOT_KEEPING = new Sampler(0, 0, [text("/healthz")]);

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
// The numbers from seed(1, 2), by the reference implementation.
const FIRST = "0000000000060001";
const SECOND = "000260c000660007";
const THIRD = "180acc04718606d3";

const received = new TraceContext();
const own = new TraceContext();

function nowMs(): u64 {
  return 1000;
}

function arrive(headers: string[], each: Sampler = KEEPING, propagation: Propagation = B3_OUT): void {
  bring(carrier, headers);
  seed(1, 2);
  extract(propagation, received);
  continueFrom(received, own, propagation, each, nowMs);
}

/** Whether the span may be kept, and whether its id travels. */
function kept(headers: string[], each: Sampler = KEEPING, propagation: Propagation = B3_OUT): string {
  arrive(headers, each, propagation);
  return (own.mayBeKept ? "may be kept" : "never kept") + (own.ownsSpanId ? ", own id" : "");
}

const DENIED: string[] = [":path", "/", "b3", TRACE + "-" + SPAN + "-0"];
const UNDECIDED: string[] = [":path", "/", "b3", TRACE + "-" + SPAN];
const FRESH: string[] = [":path", "/"];
const FLIPPED: string[] = DENIED.concat(["traceparent", "00-" + TRACE + "-" + SPAN + "-01"]);

describe("the span of an unsampled trace", () => {
  it("may be kept if the trace starts here, and its id travels", () => {
    expect(kept(FRESH)).toBe("may be kept, own id");
    expect(kept(FRESH, KEEPING, W3C_OUT)).toBe("may be kept, own id");
    expect(kept(DENIED, KEEPING, UNTRUSTING)).toBe("may be kept, own id");
  });

  it("may be kept if the trace came with ids, and the received id travels on", () => {
    expect(kept(DENIED)).toBe("may be kept");
    expect(kept(UNDECIDED)).toBe("may be kept");
    expect(kept([":path", "/", "traceparent", "00-" + TRACE + "-" + SPAN + "-00"])).toBe("may be kept");
    expect(kept(DENIED, KEEPING, W3C_OUT)).toBe("may be kept");
  });

  it("may be kept with an id of its own if the flag of traceparent has to change", () => {
    expect(kept(FLIPPED)).toBe("may be kept, own id");
    let undecided = UNDECIDED.concat(["traceparent", "00-" + TRACE + "-" + SPAN + "-01"]);
    expect(kept(undecided)).toBe("may be kept, own id");
    expect(told(own)).toBe(TRACE + " " + FIRST + " deny of " + SPAN);
    expect(kept(UNDECIDED.concat(["traceparent", "00-" + TRACE + "-" + SPAN + "-00"]))).toBe("may be kept");
  });

  it("is never kept if the caller denied without ids, even if traceparent needs some", () => {
    expect(kept([":path", "/", "b3", "0"])).toBe("never kept");
    expect(kept([":path", "/", "x-b3-sampled", "0"])).toBe("never kept");
    expect(kept([":path", "/", "b3", "0"], KEEPING, W3C_OUT)).toBe("never kept, own id");
  });

  it("may be kept if a denial without ids was followed by ids", () => {
    let headers = [":path", "/", "b3", "0", "traceparent", "00-" + TRACE + "-" + SPAN + "-00"];
    expect(kept(headers)).toBe("may be kept");
  });

  it("is never kept on an excluded path, with or without ids", () => {
    expect(kept([":path", "/healthz"])).toBe("never kept");
    expect(kept([":path", "/healthz"], KEEPING, W3C_OUT)).toBe("never kept, own id");
    expect(kept([":path", "/healthz", "b3", TRACE + "-" + SPAN + "-0"])).toBe("never kept");
    expect(kept([":path", "/healthz", "b3", TRACE + "-" + SPAN])).toBe("never kept");
  });

  it("is never kept unless that is wanted", () => {
    expect(kept(DENIED, NOT_KEEPING)).toBe("never kept");
    expect(kept(FRESH, NOT_KEEPING)).toBe("never kept, own id");
  });
});

describe("the span of a sampled trace", () => {
  it("is not kept, but recorded as ever", () => {
    expect(kept(FRESH, KEEPING_AND_SAMPLING)).toBe("never kept, own id");
    expect(kept([":path", "/", "b3", TRACE + "-" + SPAN + "-1"])).toBe("never kept, own id");
    expect(kept([":path", "/", "b3", TRACE + "-" + SPAN + "-d"])).toBe("never kept, own id");
    expect(kept([":path", "/", "b3", "d"])).toBe("never kept, own id");
    expect(kept([":path", "/", "x-envoy-force-trace", "1"])).toBe("never kept, own id");
  });
});

describe("the context that travels", () => {
  it("is the same whether spans are kept or not", () => {
    let arrivals: string[][] = [DENIED, UNDECIDED, FRESH, FLIPPED, [":path", "/", "b3", "0"], [":path", "/healthz"]];
    for (let i = 0; i < arrivals.length; i++) {
      arrive(arrivals[i], NOT_KEEPING);
      let expected = told(own);
      arrive(arrivals[i]);
      expect(told(own)).toBe(expected);
    }
  });
});

describe("a kept span", () => {
  it("has the id that travelled, if it is ours", () => {
    arrive(FRESH);
    makeSpan(own);
    expect(told(own)).toBe(FIRST + SECOND + " " + THIRD + " deny");
    arrive(FLIPPED);
    makeSpan(own);
    expect(told(own)).toBe(TRACE + " " + FIRST + " deny of " + SPAN);
  });

  it("is a child of the received span, with a new id, if that span's id travelled on", () => {
    arrive(DENIED.concat(["x-other", "1"]));
    makeSpan(own);
    expect(told(own)).toBe(TRACE + " " + FIRST + " deny of " + SPAN);
  });

  it("has the received span as its parent, not that span's own parent", () => {
    arrive([":path", "/", "b3", TRACE + "-" + SPAN + "-0-05e3ac9a4f6e3b90"]);
    makeSpan(own);
    expect(told(own)).toBe(TRACE + " " + FIRST + " deny of " + SPAN);
  });
});
