// W3C's processing model: `tracestate` is the companion of `traceparent`. It goes on, byte for byte, only if
// `traceparent` is usable and has the trace id that is used. One test for each rule.
import { encodePairs } from "../../../../assembly/bytes/fields";
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { ACCEPT, DENY, TraceContext } from "../../../../assembly/context/context";
import { extract } from "../../../../assembly/context/extract";
import { inject } from "../../../../assembly/context/inject";
import { Propagation } from "../../../../assembly/context/propagation";
import { tracecontext, TRACEPARENT, TRACESTATE } from "../../../../assembly/context/tracecontext";

const ALL = new Propagation([b3, b3multi, tracecontext], [b3multi], true, false);
const WITHOUT_W3C = new Propagation([b3, b3multi], [b3multi, tracecontext], true, false);
const UNTRUSTING = new Propagation([], [tracecontext], true, false);
const STRIPPING = new Propagation([b3, b3multi, tracecontext], [tracecontext], true, true);

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const context = new TraceContext();
let metMalformed: bool = false;
/** How many headers the last request changed, and whether `traceparent` was one of them. */
let changes = 0;
let changesTraceparent: bool = false;

/** The fate of the tracestate of a request with these headers: "kept", "removed" or "absent". */
function fate(names: string[], values: string[], propagation: Propagation = ALL): string {
  let pairs = encodePairs(names, values);
  carrier.scan(pairs.at, pairs.size);
  metMalformed = extract(propagation, context);
  let edits = inject(context, propagation);
  let result = TRACESTATE.seen > 0 ? "kept" : "absent";
  changes = 0;
  changesTraceparent = false;
  for (let i: u32 = 0; i < edits.count; i++) {
    let edit = edits.at(i);
    if (!edit.changes) continue;
    changes++;
    if (edit.header === TRACEPARENT) changesTraceparent = true;
    if (edit.header === TRACESTATE) result = edit.size === 0 ? "removed" : "rewritten";
  }
  return result;
}

/** The same for a `traceparent` with a `tracestate` and nothing else. */
function fateOf(traceparent: string, tracestate: string): string {
  return fate(["traceparent", "tracestate"], [traceparent, tracestate]);
}

describe("tracestate", () => {
  it("goes on with a valid traceparent, sampled or not", () => {
    expect(fateOf(PARENT, "foo=1,bar=2")).toBe("kept");
    expect(fateOf("00-" + TRACE + "-b7ad6b7169203331-00", "foo=1,bar=2")).toBe("kept");
    expect(fateOf("00-" + TRACE + "-b7ad6b7169203331-03", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")).toBe("kept");
  });

  it("goes on with all its lines, even if some are empty", () => {
    let names = ["tracestate", "traceparent", "tracestate", "tracestate"];
    expect(fate(names, ["foo=1,bar=2", PARENT, "rojo=1,congo=2", "baz=3"])).toBe("kept");
    expect(fate(names, ["", PARENT, "foo=1", ""])).toBe("kept");
    expect(fate(names, ["foo=1", PARENT, "", ""])).toBe("kept");
  });

  it("goes on with a traceparent of a higher version", () => {
    expect(fateOf("cc-" + TRACE + "-b7ad6b7169203331-01-more", "foo=1")).toBe("kept");
  });

  it("is not created if there was none", () => {
    expect(fate(["traceparent"], [PARENT])).toBe("absent");
  });

  it("is dropped if it is not valid, and the traceparent is still read", () => {
    let values = ["foo", "foo=1,foo", "FOO=1", "foo=", "foo =1", "foo=1\t2", "@foo=1", "foo=é"];
    for (let i = 0; i < values.length; i++) {
      expect(fateOf(PARENT, values[i])).toBe("removed", values[i]);
      expect(context.traceLow).toBe(0x8448eb211c80319c);
      expect(context.decision).toBe(ACCEPT);
      expect(metMalformed).toBe(false);
    }
  });

  it("is dropped as a whole if one of its lines is not valid", () => {
    expect(fate(["traceparent", "tracestate", "tracestate"], [PARENT, "foo=1", "=2"])).toBe("removed");
    expect(fate(["traceparent", "tracestate", "tracestate"], [PARENT, "foo=1", "bar"])).toBe("removed");
  });

  it("is dropped if it is empty, instead of being sent on empty", () => {
    expect(fateOf(PARENT, "")).toBe("removed");
    expect(fateOf(PARENT, " , ")).toBe("removed");
  });

  it("is dropped if there is no traceparent", () => {
    expect(fate(["tracestate"], ["foo=1"])).toBe("removed");
    expect(fate(["traceparent", "tracestate"], ["", "foo=1"])).toBe("removed");
    expect(metMalformed).toBe(false);
  });

  it("is dropped if the traceparent is not valid", () => {
    let values = [
      "00-" + TRACE + "-0000000000000000-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "ff-" + TRACE + "-b7ad6b7169203331-01",
      "00-" + TRACE + "-b7ad6b7169203331-01.",
      "00-" + TRACE + "-b7ad6b7169203331",
      "0-" + TRACE + "-b7ad6b7169203331-01",
    ];
    for (let i = 0; i < values.length; i++) {
      expect(fateOf(values[i], "foo=1")).toBe("removed", values[i]);
      expect(context.hasIds).toBe(false);
      expect(metMalformed).toBe(true);
    }
  });

  it("is dropped if the traceparent came twice", () => {
    expect(fate(["traceparent", "tracestate", "traceparent"], [PARENT, "foo=1", PARENT])).toBe("removed");
    expect(context.hasIds).toBe(false);
  });

  it("is dropped if W3C is not read, nothing is trusted, or nothing may leave", () => {
    expect(fate(["traceparent", "tracestate"], [PARENT, "foo=1"], WITHOUT_W3C)).toBe("removed");
    expect(fate(["traceparent", "tracestate"], [PARENT, "foo=1"], UNTRUSTING)).toBe("removed");
    expect(fate(["traceparent", "tracestate"], [PARENT, "foo=1"], STRIPPING)).toBe("removed");
  });
});

describe("tracestate next to B3", () => {
  it("goes on if traceparent has B3's trace id", () => {
    expect(fate(["b3", "traceparent", "tracestate"], [TRACE + "-00000000000000aa-1", PARENT, "foo=1"])).toBe("kept");
    let names = ["x-b3-traceid", "x-b3-spanid", "traceparent", "tracestate"];
    expect(fate(names, [TRACE, "00000000000000aa", PARENT, "foo=1"])).toBe("kept");
  });

  it("goes on if B3 has a 64-bit trace id, and traceparent the same id zero-padded", () => {
    let narrow = "00-00000000000000008448eb211c80319c-b7ad6b7169203331-01";
    let names = ["b3", "traceparent", "tracestate"];
    expect(fate(names, ["8448eb211c80319c-00000000000000aa-1", narrow, "foo=1"])).toBe("kept");
    expect(fate(names, ["8448eb211c80319c-00000000000000aa-1", PARENT, "foo=1"])).toBe("removed");
  });

  it("is dropped if traceparent has another trace id", () => {
    let names = ["b3", "traceparent", "tracestate"];
    expect(fate(names, ["463ac35c9f6413ad-00000000000000aa-1", PARENT, "foo=1"])).toBe("removed");
    expect(context.traceLow).toBe(0x463ac35c9f6413ad);
  });

  it("is dropped if traceparent is missing, malformed or came twice", () => {
    let b3 = TRACE + "-00000000000000aa-1";
    expect(fate(["b3", "tracestate"], [b3, "foo=1"])).toBe("removed");
    expect(fate(["b3", "traceparent", "tracestate"], [b3, PARENT + ".", "foo=1"])).toBe("removed");
    expect(fate(["b3", "traceparent", "traceparent", "tracestate"], [b3, PARENT, PARENT, "foo=1"])).toBe("removed");
  });

  it("goes on if B3 gave the decision and traceparent the trace", () => {
    expect(fate(["b3", "traceparent", "tracestate"], ["0", PARENT, "foo=1"])).toBe("kept");
    expect(context.decision).toBe(DENY);
  });
});

describe("the random flag", () => {
  it("goes on with its trace", () => {
    fateOf("00-" + TRACE + "-b7ad6b7169203331-02", "foo=1");
    expect(context.random).toBe(true);
    fateOf(PARENT, "foo=1");
    expect(context.random).toBe(false);
  });

  it("is taken only from a traceparent with B3's trace id", () => {
    let random = "00-" + TRACE + "-b7ad6b7169203331-03";
    fate(["b3", "traceparent"], [TRACE + "-00000000000000aa-0", random]);
    expect(context.random).toBe(true);
    expect(context.decision).toBe(DENY);
    fate(["b3", "traceparent"], ["463ac35c9f6413ad-00000000000000aa-0", random]);
    expect(context.random).toBe(false);
    fate(["b3"], [TRACE + "-00000000000000aa-0"]);
    expect(context.random).toBe(false);
  });
});

describe("traceparent that is already right", () => {
  it("is not written again", () => {
    fate(["traceparent"], ["00-" + TRACE + "-b7ad6b7169203331-00"]);
    expect(changes).toBe(3);
    expect(changesTraceparent).toBe(false);
  });

  it("is not written again if B3 denies with another span: B3 is brought in line", () => {
    fate(["b3", "traceparent"], [TRACE + "-00000000000000aa-0-00000000000000bb", PARENT.replace("-01", "-00")]);
    expect(changes).toBe(4);
    expect(changesTraceparent).toBe(false);
  });
});
