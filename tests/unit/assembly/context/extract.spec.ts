// Which of the received formats gives the context. companion.spec.ts tests W3C's additions to it.
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { TraceContext } from "../../../../assembly/context/context";
import { extract } from "../../../../assembly/context/extract";
import { Propagation } from "../../../../assembly/context/propagation";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { told } from "../contexts";
import { bring } from "../headers";

const USUAL = new Propagation([b3, b3multi, tracecontext], [b3multi], true, false);
const REVERSED = new Propagation([tracecontext, b3multi, b3], [b3multi], true, false);
const SINGLE_ONLY = new Propagation([b3], [b3multi], true, false);
const NONE = new Propagation([], [b3multi], true, false);

const context = new TraceContext();
let metMalformed: bool = false;

/** The context from these headers, alternating names and values. */
function extracted(lines: string[], propagation: Propagation = USUAL): string {
  bring(carrier, lines);
  metMalformed = extract(propagation, context);
  return told(context);
}

const SINGLE = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90";
const FROM_SINGLE = "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 accept of 05e3ac9a4f6e3b90";
const MULTI = ["x-b3-traceid", "463ac35c9f6413ad", "x-b3-spanid", "a2fb4a1d1a96d312", "x-b3-sampled", "0"];
const FROM_MULTI = "463ac35c9f6413ad a2fb4a1d1a96d312 deny";
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const FROM_PARENT = "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 accept";

describe("extract", () => {
  it("finds nothing if nothing arrived", () => {
    expect(extracted([])).toBe("defer");
    expect(metMalformed).toBe(false);
    expect(extracted([":path", "/", "x-request-id", "1"])).toBe("defer");
    expect(metMalformed).toBe(false);
  });

  it("reads each format alone", () => {
    expect(extracted(["b3", SINGLE])).toBe(FROM_SINGLE);
    expect(extracted(MULTI)).toBe(FROM_MULTI);
    expect(extracted(["traceparent", PARENT])).toBe(FROM_PARENT);
    expect(metMalformed).toBe(false);
  });

  it("prefers `b3` to x-b3-*, and both to traceparent", () => {
    expect(extracted(MULTI.concat(["traceparent", PARENT, "b3", SINGLE]))).toBe(FROM_SINGLE);
    expect(extracted(MULTI.concat(["traceparent", PARENT]))).toBe(FROM_MULTI);
    expect(metMalformed).toBe(false);
  });

  it("takes the ids of x-b3-* if `b3` only decides, and keeps the decision of `b3`", () => {
    expect(extracted(MULTI.concat(["b3", "1"]))).toBe(FROM_MULTI.replace("deny", "accept"));
    expect(extracted(MULTI.concat(["b3", "d"]))).toBe(FROM_MULTI.replace("deny", "debug"));
  });

  it("falls back to x-b3-* if `b3` is unusable, and says so", () => {
    expect(extracted(MULTI.concat(["b3", "nonsense"]))).toBe(FROM_MULTI);
    expect(metMalformed).toBe(true);
    expect(extracted(MULTI.concat(["b3", SINGLE + "-1"]))).toBe(FROM_MULTI);
    expect(metMalformed).toBe(true);
  });

  it("falls back to traceparent if all B3 is unusable, and says so", () => {
    expect(extracted(["b3", "-", "x-b3-traceid", "1", "traceparent", PARENT])).toBe(FROM_PARENT);
    expect(metMalformed).toBe(true);
    expect(extracted(["x-b3-sampled", "maybe", "traceparent", PARENT])).toBe(FROM_PARENT);
    expect(metMalformed).toBe(true);
  });

  it("considers an empty `b3` absent, which is not a mistake", () => {
    expect(extracted(MULTI.concat(["b3", ""]))).toBe(FROM_MULTI);
    expect(metMalformed).toBe(false);
  });

  it("ignores malformed formats after the one that it uses", () => {
    expect(extracted(["b3", SINGLE, "x-b3-traceid", "nonsense", "traceparent", "nonsense"])).toBe(FROM_SINGLE);
    expect(metMalformed).toBe(false);
  });

  it("keeps nothing of an unusable context", () => {
    expect(extracted(["b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-x"])).toBe("defer");
    expect(context.spanId).toBe(0);
    expect(metMalformed).toBe(true);
    expect(extracted(["x-b3-traceid", "463ac35c9f6413ad", "x-b3-sampled", "1"])).toBe("defer");
    expect(metMalformed).toBe(true);
  });

  it("keeps nothing of the previous request", () => {
    extracted(["b3", SINGLE]);
    expect(extracted([])).toBe("defer");
    expect(context.spanId).toBe(0);
    extracted(["b3", "nonsense"]);
    extracted(["b3", "1"]);
    expect(metMalformed).toBe(false);
  });

  it("uses the first line of a repeated header", () => {
    expect(extracted(["b3", SINGLE, "b3", "0"])).toBe(FROM_SINGLE);
    expect(extracted(["b3", "0", "b3", SINGLE])).toBe("deny");
  });

  it("never combines the ids of one format with the decision of a later one", () => {
    expect(extracted(["b3", "463ac35c9f6413ad-a2fb4a1d1a96d312", "x-b3-sampled", "0"])).toBe(
      "463ac35c9f6413ad a2fb4a1d1a96d312 defer",
    );
  });
});

/** A span of B3's trace in FROM_SINGLE, as an SDK tells of it. */
const CHILD = "00-80f198ee56343ba864fe8b2a57d3eff7-b7ad6b7169203331-";
const FROM_CHILD = "80f198ee56343ba864fe8b2a57d3eff7 b7ad6b7169203331 ";
const B3_IDS = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1";

describe("B3 and a traceparent of one trace with two spans", () => {
  it("give the traceparent's span, and no parent of it, since B3's parent is that of another span", () => {
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "01"])).toBe(FROM_CHILD + "accept");
    let multi = ["x-b3-traceid", "8448eb211c80319c", "x-b3-spanid", "a2fb4a1d1a96d312", "x-b3-parentspanid", "1"];
    let narrow = "00-00000000000000008448eb211c80319c-b7ad6b7169203331-01";
    expect(extracted(multi.concat(["traceparent", narrow]))).toBe("8448eb211c80319c b7ad6b7169203331 defer");
  });

  it("give it for a denied trace too, so that all formats tell of one span", () => {
    expect(extracted(["b3", B3_IDS + "-0-05e3ac9a4f6e3b90", "traceparent", CHILD + "00"])).toBe(FROM_CHILD + "deny");
    expect(context.flipsSampled).toBe(false);
  });

  it("keep B3's decision, if there is one", () => {
    expect(extracted(["b3", B3_IDS + "-d", "traceparent", CHILD + "01"])).toBe(FROM_CHILD + "debug");
    expect(extracted(["b3", B3_IDS + "-0", "traceparent", CHILD + "01"])).toBe(FROM_CHILD + "deny");
    expect(context.flipsSampled).toBe(true);
    let undecided = ["x-b3-traceid", "80f198ee56343ba864fe8b2a57d3eff7", "x-b3-spanid", "e457b5a2e4d86bd1"];
    expect(extracted(undecided.concat(["b3", "0", "traceparent", CHILD + "01"]))).toBe(FROM_CHILD + "deny");
    expect(context.flipsSampled).toBe(true);
  });

  it("keep B3's span if B3 accepts and the traceparent's span is not recorded, which would leave a gap", () => {
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "00"])).toBe(FROM_SINGLE);
    let debug = "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 debug";
    expect(extracted(["b3", B3_IDS + "-d", "traceparent", CHILD + "00"])).toBe(debug);
  });

  it("keep B3's span if its parent is the traceparent's span: a tracer that knows B3 alone has passed traceparent on", () => {
    let stale = "00-80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-0";
    expect(extracted(["b3", SINGLE, "traceparent", stale + "1"])).toBe(FROM_SINGLE);
    let denied = B3_IDS + "-0-05e3ac9a4f6e3b90";
    expect(extracted(["b3", denied, "traceparent", stale + "0"])).toBe(FROM_SINGLE.replace("accept", "deny"));
  });

  it("keep B3's span if W3C is not read, even if a traceparent arrives", () => {
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "01"], SINGLE_ONLY)).toBe(FROM_SINGLE);
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "01"], NONE)).toBe("defer");
  });

  it("keep B3's span if the traceparent is malformed, which is not counted", () => {
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "1"])).toBe(FROM_SINGLE);
    expect(extracted(["b3", SINGLE, "traceparent", CHILD + "01", "traceparent", CHILD + "01"])).toBe(FROM_SINGLE);
    expect(metMalformed).toBe(false);
  });
});

describe("B3 without a decision and a traceparent of the same trace", () => {
  it("stay undecided, and the traceparent's span counts if it was recorded", () => {
    let same = "00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-";
    let ids = "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 ";
    let parent = "-05e3ac9a4f6e3b90";
    expect(extracted(["b3", B3_IDS + parent, "traceparent", same + "01"])).toBe(ids + "defer of 05e3ac9a4f6e3b90");
    expect(extracted(["b3", B3_IDS, "traceparent", CHILD + "01"])).toBe(FROM_CHILD + "defer");
    expect(context.flipsSampled).toBe(true);
  });

  it("stay undecided with the span of B3 if nobody recorded the traceparent's", () => {
    let ids = "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 ";
    let same = "00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-";
    expect(extracted(["b3", B3_IDS, "traceparent", same + "00"])).toBe(ids + "defer");
    expect(extracted(["b3", B3_IDS, "traceparent", CHILD + "00"])).toBe(ids + "defer");
    expect(context.flipsSampled).toBe(false);
  });

  it("do not give that of another trace", () => {
    let undecided = "80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 defer";
    expect(extracted(["b3", B3_IDS, "traceparent", PARENT])).toBe(undecided);
    expect(extracted(["b3", "64fe8b2a57d3eff7-e457b5a2e4d86bd1", "traceparent", CHILD + "00"])).toBe(
      "64fe8b2a57d3eff7 e457b5a2e4d86bd1 defer",
    );
  });
});

describe("extract by configuration", () => {
  it("follows another order", () => {
    expect(extracted(MULTI.concat(["b3", SINGLE, "traceparent", PARENT]), REVERSED)).toBe(FROM_PARENT);
    expect(extracted(MULTI.concat(["b3", SINGLE]), REVERSED)).toBe(FROM_MULTI);
    expect(extracted(["b3", SINGLE], REVERSED)).toBe(FROM_SINGLE);
  });

  it("does not read formats that are not named", () => {
    expect(extracted(MULTI.concat(["traceparent", "nonsense"]), SINGLE_ONLY)).toBe("defer");
    expect(metMalformed).toBe(false);
    expect(extracted(["b3", "nonsense"].concat(MULTI), SINGLE_ONLY)).toBe("defer");
    expect(metMalformed).toBe(true);
  });

  it("reads nothing if nothing is trusted", () => {
    expect(extracted(MULTI.concat(["b3", SINGLE, "traceparent", PARENT]), NONE)).toBe("defer");
    expect(extracted(["b3", "nonsense"], NONE)).toBe("defer");
    expect(metMalformed).toBe(false);
  });
});
