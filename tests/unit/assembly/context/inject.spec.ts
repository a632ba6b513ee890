// Which headers a context changes in a request. W3C's headers only as far as B3 is concerned; companion.spec.ts has the
// rest.
import { Slice, toText } from "../../../../assembly/bytes/slice";
import { b3 } from "../../../../assembly/context/b3";
import { b3multi } from "../../../../assembly/context/b3multi";
import { carrier } from "../../../../assembly/context/carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "../../../../assembly/context/context";
import { Edits } from "../../../../assembly/context/edits";
import { inject } from "../../../../assembly/context/inject";
import { Propagation } from "../../../../assembly/context/propagation";
import { PROPAGATORS } from "../../../../assembly/context/propagators";
import { tracecontext } from "../../../../assembly/context/tracecontext";
import { setExample } from "../contexts";
import { bring } from "../headers";

const MULTI = new Propagation([], [b3multi], true, false);
const SINGLE = new Propagation([], [b3], true, false);
const NOTHING = new Propagation([], [], true, false);
const EVERYTHING = new Propagation([], [b3multi, b3, tracecontext], true, false);
const STRIP = new Propagation([], [b3multi, b3, tracecontext], true, true);

const context = new TraceContext();
const slice = new Slice();

/** Gives the context wide ids and a parent. */
function wide(decision: u8): void {
  setExample(context, decision);
}

function bare(decision: u8): void {
  context.clear();
  context.decision = decision;
}

function textOf(at: usize, size: u32): string {
  slice.set(at, size);
  return toText(slice);
}

function injectInto(lines: string[], propagation: Propagation): Edits {
  bring(carrier, lines);
  return inject(context, propagation);
}

/** The changes to the headers `lines`: `name=value` or `-name` for each, in order. */
function edits(lines: string[], propagation: Propagation = MULTI): string {
  return spelt(injectInto(lines, propagation), false);
}

/** Like edits(), including headers that are already right. */
function wholeEdits(lines: string[], propagation: Propagation = MULTI): string {
  return spelt(injectInto(lines, propagation), true);
}

function spelt(edits: Edits, isWhole: bool): string {
  let all: string[] = [];
  for (let i: u32 = 0; i < edits.count; i++) {
    let edit = edits.at(i);
    if (!edit.changes && !isWhole) continue;
    let name = textOf(edit.header.name, edit.header.nameSize);
    all.push(edit.size > 0 ? name + "=" + toText(edit) : "-" + name);
  }
  return all.join(" ");
}

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
const PARENT = "05e3ac9a4f6e3b90";
const IDS = "x-b3-traceid=" + TRACE + " x-b3-spanid=" + SPAN + " x-b3-parentspanid=" + PARENT;
const RIGHT = ["x-b3-traceid", TRACE, "x-b3-spanid", SPAN, "x-b3-parentspanid", PARENT];

describe("inject into a request without trace headers", () => {
  it("writes ids, parent and decision", () => {
    wide(ACCEPT);
    expect(edits([])).toBe(IDS + " x-b3-sampled=1");
    wide(DENY);
    expect(edits([])).toBe(IDS + " x-b3-sampled=0");
  });

  it("writes flags and no decision for debug", () => {
    wide(DEBUG);
    expect(edits([])).toBe(IDS + " x-b3-flags=1");
  });

  it("writes no decision if there is none", () => {
    wide(DEFER);
    expect(edits([])).toBe(IDS);
  });

  it("writes no parent for a root", () => {
    wide(ACCEPT);
    context.parentId = 0;
    expect(edits([])).toBe("x-b3-traceid=" + TRACE + " x-b3-spanid=" + SPAN + " x-b3-sampled=1");
  });

  it("writes a trace id in its own width", () => {
    wide(ACCEPT);
    context.wide = false;
    context.traceHigh = 0;
    expect(edits([]).startsWith("x-b3-traceid=64fe8b2a57d3eff7 ")).toBe(true);
    context.wide = true;
    expect(edits([]).startsWith("x-b3-traceid=000000000000000064fe8b2a57d3eff7 ")).toBe(true);
  });

  it("writes a decision without ids", () => {
    bare(DENY);
    expect(edits([])).toBe("x-b3-sampled=0");
    bare(ACCEPT);
    expect(edits([])).toBe("x-b3-sampled=1");
    bare(DEBUG);
    expect(edits([])).toBe("x-b3-flags=1");
  });

  it("writes nothing for an empty context", () => {
    bare(DEFER);
    expect(edits([])).toBe("");
  });
});

describe("inject into a request that already has the context", () => {
  it("writes nothing, whatever the decision", () => {
    wide(DENY);
    expect(edits(RIGHT.concat(["x-b3-sampled", "0"]))).toBe("");
    wide(ACCEPT);
    expect(edits(RIGHT.concat(["x-b3-sampled", "1"]))).toBe("");
    wide(DEBUG);
    expect(edits(RIGHT.concat(["x-b3-flags", "1"]))).toBe("");
    bare(DENY);
    expect(edits(["x-b3-sampled", "0"])).toBe("");
  });

  it("doesn't change a `b3` either", () => {
    wide(DENY);
    let value = TRACE + "-" + SPAN + "-0-" + PARENT;
    expect(edits(["b3", value], SINGLE)).toBe("");
    expect(edits(RIGHT.concat(["x-b3-sampled", "0", "b3", value]))).toBe("");
  });

  it("changes only what is wrong", () => {
    wide(ACCEPT);
    let lines = ["x-b3-traceid", TRACE, "x-b3-spanid", PARENT, "x-b3-sampled", "1"];
    expect(edits(lines)).toBe("x-b3-spanid=" + SPAN + " x-b3-parentspanid=" + PARENT);
  });

  it("rewrites upper-case and short ids, which others may not read", () => {
    wide(ACCEPT);
    let lines = ["x-b3-traceid", TRACE.toUpperCase(), "x-b3-spanid", SPAN, "x-b3-parentspanid", "5e3ac9a4f6e3b90"];
    expect(edits(lines.concat(["x-b3-sampled", "1"]))).toBe("x-b3-traceid=" + TRACE + " x-b3-parentspanid=" + PARENT);
  });

  it("rewrites true and false, which must not be written", () => {
    wide(ACCEPT);
    expect(edits(RIGHT.concat(["x-b3-sampled", "true"]))).toBe("x-b3-sampled=1");
    wide(DENY);
    expect(edits(RIGHT.concat(["x-b3-sampled", "False"]))).toBe("x-b3-sampled=0");
  });

  it("replaces a repeated header, even if its first line is right", () => {
    wide(ACCEPT);
    let lines = RIGHT.concat(["x-b3-sampled", "1", "x-b3-spanid", SPAN]);
    expect(edits(lines)).toBe("x-b3-spanid=" + SPAN);
    bare(DENY);
    expect(edits(["b3", "0", "b3", "0"], SINGLE)).toBe("b3=0");
  });
});

describe("inject into a request with stale headers", () => {
  it("removes a parent if there is none", () => {
    wide(ACCEPT);
    context.parentId = 0;
    expect(edits(RIGHT.concat(["x-b3-sampled", "1"]))).toBe("-x-b3-parentspanid");
  });

  it("removes a decision next to debug, and flags next to a decision", () => {
    wide(DEBUG);
    expect(edits(RIGHT.concat(["x-b3-sampled", "1", "x-b3-flags", "1"]))).toBe("-x-b3-sampled");
    wide(ACCEPT);
    expect(edits(RIGHT.concat(["x-b3-sampled", "1", "x-b3-flags", "0"]))).toBe("-x-b3-flags");
    expect(edits(RIGHT.concat(["x-b3-sampled", "1", "x-b3-flags", "1"]))).toBe("-x-b3-flags");
  });

  it("removes ids next to a decision without ids", () => {
    bare(DENY);
    expect(edits(RIGHT.concat(["x-b3-sampled", "0"]))).toBe("-x-b3-traceid -x-b3-spanid -x-b3-parentspanid");
  });

  it("removes empty headers that should have no value", () => {
    bare(DENY);
    expect(edits(["x-b3-traceid", "", "x-b3-flags", "", "x-b3-sampled", "0"])).toBe("-x-b3-traceid -x-b3-flags");
  });

  it("replaces malformed headers", () => {
    wide(ACCEPT);
    let lines = ["x-b3-traceid", "x", "x-b3-spanid", "", "x-b3-parentspanid", "-", "x-b3-sampled", "maybe"];
    expect(edits(lines)).toBe(IDS + " x-b3-sampled=1");
  });

  it("removes all of x-b3-* for an empty context", () => {
    bare(DEFER);
    let lines = RIGHT.concat(["x-b3-sampled", "1", "x-b3-flags", "1", "b3", "nonsense"]);
    expect(edits(lines)).toBe("-x-b3-traceid -x-b3-spanid -x-b3-parentspanid -x-b3-sampled -x-b3-flags -b3");
  });
});

describe("inject if another format arrived", () => {
  it("rewrites a `b3` next to x-b3-*, usable or not", () => {
    wide(ACCEPT);
    let b3 = " b3=" + TRACE + "-" + SPAN + "-1-" + PARENT;
    expect(edits(["b3", "463ac35c9f6413ad-a2fb4a1d1a96d312-1"])).toBe(IDS + " x-b3-sampled=1" + b3);
    expect(edits(["b3", "nonsense"])).toBe(IDS + " x-b3-sampled=1" + b3);
    expect(edits(["b3", ""])).toBe(IDS + " x-b3-sampled=1" + b3);
  });

  it("writes debug in a `b3` as d", () => {
    wide(DEBUG);
    expect(edits(["b3", "d"], NOTHING)).toBe("b3=" + TRACE + "-" + SPAN + "-d-" + PARENT);
    bare(DEBUG);
    expect(edits(["b3", "1"], NOTHING)).toBe("b3=d");
  });

  it("rewrites x-b3-* if only `b3` is to be written", () => {
    wide(ACCEPT);
    let b3 = "b3=" + TRACE + "-" + SPAN + "-1-" + PARENT;
    expect(edits([], SINGLE)).toBe(b3);
    expect(edits(["x-b3-sampled", "1"], SINGLE)).toBe(b3 + " " + IDS);
    expect(edits(["x-b3-flags", ""], SINGLE)).toBe(b3 + " " + IDS + " x-b3-sampled=1 -x-b3-flags");
  });

  it("leaves a request without trace headers alone if nothing is to be written", () => {
    wide(ACCEPT);
    expect(edits([], NOTHING)).toBe("");
    expect(edits(["x-b3-traceid", "1"], NOTHING)).toBe(IDS + " x-b3-sampled=1");
  });

  it("writes all formats that are to be written", () => {
    wide(ACCEPT);
    let rest = " b3=" + TRACE + "-" + SPAN + "-1-" + PARENT + " traceparent=00-" + TRACE + "-" + SPAN + "-01";
    expect(edits([], EVERYTHING)).toBe(IDS + " x-b3-sampled=1" + rest);
    expect(injectInto([], EVERYTHING).count).toBe(6);
  });
});

describe("inject if no trace header may leave", () => {
  it("removes every one that arrived", () => {
    wide(ACCEPT);
    let lines = RIGHT.concat([
      "x-b3-sampled",
      "1",
      "x-b3-flags",
      "0",
      "b3",
      "1",
      "traceparent",
      "x",
      "tracestate",
      "y",
    ]);
    expect(edits(lines, STRIP)).toBe(
      "-x-b3-traceid -x-b3-spanid -x-b3-parentspanid -x-b3-sampled -x-b3-flags -b3 -traceparent -tracestate",
    );
  });

  it("writes nothing if none arrived", () => {
    wide(ACCEPT);
    expect(edits([], STRIP)).toBe("");
    expect(edits([":path", "/", "x-request-id", "1"], STRIP)).toBe("");
  });
});

describe("inject for a request whose trace headers are all removed first", () => {
  it("also writes those that are already right, and no others", () => {
    wide(ACCEPT);
    let right = RIGHT.concat(["x-b3-sampled", "1"]);
    expect(edits(right)).toBe("");
    expect(wholeEdits(right)).toBe(IDS + " x-b3-sampled=1");
    expect(edits(right)).toBe("");
  });

  it("reports a removed header", () => {
    wide(ACCEPT);
    expect(injectInto(RIGHT, MULTI).removes).toBe(false);
    expect(injectInto(RIGHT.concat(["x-b3-flags", "0"]), MULTI).removes).toBe(true);
    expect(wholeEdits(RIGHT.concat(["x-b3-flags", "0"]))).toBe(IDS + " x-b3-sampled=1 -x-b3-flags");
  });

  it("has room for every header", () => {
    wide(DEBUG);
    let all = ["b3", "x", "traceparent", "x", "tracestate", "x", "x-b3-sampled", "1"];
    expect(injectInto(all, EVERYTHING).count).toBe(8);
  });
});

/** One line of each header of each format, with a value that no format can use. */
function everyHeader(): string[] {
  let lines: string[] = [];
  for (let i = 0; i < PROPAGATORS.length; i++) {
    let headers = PROPAGATORS[i].headers;
    for (let n = 0; n < headers.length; n++) lines.push(textOf(headers[n].name, headers[n].nameSize));
  }
  return lines.join(" x ").concat(" x").split(" ");
}

/** The flaw in the edits of a request with every header: a header edited twice, or more edits than fit. */
function flawOf(propagation: Propagation): string {
  let edits = injectInto(everyHeader(), propagation);
  if (edits.count > edits.capacity) return edits.count.toString() + " edits";
  let names: string[] = [];
  for (let i: u32 = 0; i < edits.count; i++) {
    let header = edits.at(i).header;
    let name = textOf(header.name, header.nameSize);
    if (names.includes(name)) return name + " twice";
    names.push(name);
  }
  return "";
}

describe("the room for edits", () => {
  it("is one for each header of each format", () => {
    let headers = everyHeader().length / 2;
    expect(injectInto(everyHeader(), STRIP).count).toBe(headers);
    expect(injectInto([], STRIP).capacity).toBe(headers);
  });

  it("is enough for each format alone and all together, whatever the context", () => {
    let all = new Propagation([], PROPAGATORS, true, false);
    for (let decision = DEFER; decision <= DEBUG; decision++) {
      for (let kind = 0; kind < 4; kind++) {
        if (kind === 0) bare(decision);
        else wide(decision);
        if (kind === 2) context.parentId = 0;
        context.keepsTracestate = kind === 3;
        for (let i = 0; i < PROPAGATORS.length; i++) {
          let alone = new Propagation([], [PROPAGATORS[i]], true, false);
          expect(flawOf(alone)).toBe("", PROPAGATORS[i].name);
        }
        expect(flawOf(all)).toBe("");
        expect(flawOf(NOTHING)).toBe("");
        expect(flawOf(STRIP)).toBe("");
      }
    }
  });
});
