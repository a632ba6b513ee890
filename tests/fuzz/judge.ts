// The rules for every request that goes through the module, whatever headers it brings: legal headers out, the right
// context in all of them, everything else untouched. Each complaint is a sentence; an empty list means that all is
// well.
import type { Header } from "../host/headers.ts";
import {
  extract,
  traceparentOf,
  validTracestate,
  valueOf,
  withThreshold,
  type Context,
  type Format,
} from "./reference.ts";

export interface Setting {
  name: string;
  config: Record<string, unknown>;
  /** The formats read, in order. */
  extract: Format[];
  inject: Format[];
  /** Digits of a new trace id. */
  digits: 16 | 32;
  strips: boolean;
  /** It samples every trace, and says so in `tracestate`. */
  setsThreshold: boolean;
}

/** Whatever decides, the rate is 1. */
const THRESHOLDS = {
  rules: [
    { header: { name: "b3" }, rate: 1 },
    { header: { name: "tracestate", value: "k0=0000" }, rate: 1 },
    { rate: 1 },
  ],
  ...{ rate: 0, tracestate: true, keep_errors: true, keep_slower_than_ms: 1 },
};

export const SETTINGS: Setting[] = [
  setting("defaults", {}),
  setting("all formats out", { inject: ["b3", "b3multi", "tracecontext"] }),
  setting("b3 out", { inject: ["b3"] }),
  setting("x-b3 out", { inject: ["b3multi"] }),
  setting("nothing out but what came", { inject: [] }),
  setting("W3C first", { extract: ["tracecontext", "b3", "b3multi"], inject: ["tracecontext"] }),
  setting("64-bit ids", { trace_id_bits: 64, inject: ["b3multi", "tracecontext"] }),
  setting("no trust", { trust_incoming: false }),
  setting("strip", { strip: true }),
  setting("thresholds and kept spans", { inject: ["b3multi", "tracecontext"] }, THRESHOLDS),
  setting("thresholds, W3C first", { extract: ["tracecontext", "b3"], inject: ["tracecontext"] }, THRESHOLDS),
];

function setting(name: string, propagation: Record<string, unknown>, sampling?: Record<string, unknown>): Setting {
  const { extract = ["b3", "b3multi", "tracecontext"], inject = ["b3multi", "tracecontext"] } =
    propagation as Partial<Setting>;
  return {
    name,
    config: { propagation, ...(sampling && { sampling }) },
    extract: propagation.trust_incoming === false ? [] : extract,
    inject,
    digits: propagation.trace_id_bits === 64 ? 16 : 32,
    strips: propagation.strip === true,
    setsThreshold: sampling !== undefined,
  };
}

export const TRACE_HEADERS = /^(b3|x-b3-(traceid|spanid|parentspanid|sampled|flags)|traceparent|tracestate)$/;
const LEGAL: Record<string, RegExp> = {
  b3: /^([01d]|(?!0+-)([0-9a-f]{16}|[0-9a-f]{32})-(?!0+-)[0-9a-f]{16}-[01d](-(?!0+$)[0-9a-f]{16})?)$/,
  "x-b3-traceid": /^(?!0+$)([0-9a-f]{16}|[0-9a-f]{32})$/,
  "x-b3-spanid": /^(?!0+$)[0-9a-f]{16}$/,
  "x-b3-parentspanid": /^(?!0+$)[0-9a-f]{16}$/,
  "x-b3-sampled": /^[01]$/,
  "x-b3-flags": /^1$/,
  traceparent: /^00-(?!0+-)[0-9a-f]{32}-(?!0+-)[0-9a-f]{16}-0[0-3]$/,
};

/** The context that left, reassembled from one format. */
interface Departure {
  traceId: string | null;
  spanId: string | null;
  parentId: string | null;
  decision: string;
}

function departures(out: readonly Header[]): Record<Format, Departure | null> {
  const get = (name: string): string => valueOf(out, name).value;
  const [traceId = "", spanId = "", decision = "", parentId = ""] = get("b3").split("-");
  const single = traceId.length === 1 ? { traceId: null, spanId: null, parentId: null, decision: traceId } : null;
  const multi = get("x-b3-flags") === "1" ? "d" : get("x-b3-sampled");
  const [, wide = "", parent = "", flags = ""] = get("traceparent").split("-");
  return {
    b3: traceId === "" ? null : (single ?? { traceId, spanId, parentId: parentId || null, decision }),
    b3multi:
      get("x-b3-traceid") + multi === ""
        ? null
        : {
            traceId: get("x-b3-traceid") || null,
            spanId: get("x-b3-spanid") || null,
            parentId: get("x-b3-parentspanid") || null,
            decision: multi,
          },
    tracecontext: wide === "" ? null : { traceId: wide, spanId: parent, parentId: null, decision: flags },
  };
}

/** Everything that is wrong with the headers `out` of a request that came with `arrived`. */
export function judge(arrived: readonly Header[], out: readonly Header[], setting: Setting): string[] {
  const complaints: string[] = [];
  const check = (holds: boolean, complaint: string): void => {
    if (!holds) complaints.push(complaint);
  };
  const others = (headers: readonly Header[]): string =>
    JSON.stringify(headers.filter(([n]) => !TRACE_HEADERS.test(n)));
  check(others(arrived) === others(out), "a header that is none of ours was changed");
  if (setting.strips) {
    check(!out.some(([name]) => TRACE_HEADERS.test(name)), "a trace header left");
    return complaints;
  }
  for (const [name, legal] of Object.entries(LEGAL)) {
    const { value, times } = valueOf(out, name);
    check(times <= 1, `${name} left ${times} times`);
    check(times === 0 || legal.test(value), `illegal ${name}: ${value.slice(0, 100)}`);
  }
  const { context } = extract(arrived, setting.extract);
  const leaving = departures(out);
  for (const format of ["b3", "b3multi", "tracecontext"] as const) {
    checkFormat(format, leaving[format], arrived, context, setting, check);
  }
  checkAgreement(leaving, check);
  checkTracestate(arrived, out, context, setting, check);
  return complaints;
}

function hasIds(context: Context | null): context is Context & { traceId: string } {
  return context !== null && context.traceId !== null;
}

type Check = (holds: boolean, complaint: string) => void;

function checkFormat(
  format: Format,
  left: Departure | null,
  arrived: readonly Header[],
  context: Context | null,
  setting: Setting,
  check: Check,
): void {
  const prefix = { b3: /^b3$/, b3multi: /^x-b3-/, tracecontext: /^trace(parent|state)$/ }[format];
  const came = arrived.some(([name]) => prefix.test(name));
  const isWanted = setting.inject.includes(format);
  if (left === null) {
    // Only a decision without ids may be lost, and only if the format cannot express it without ids.
    const isUnspeakable = format === "tracecontext" && context?.traceId === null && context.decision === "deny";
    check(!isWanted && (!came || isUnspeakable), `${format} did not leave`);
    return;
  }
  check(isWanted || came, `${format} left, which nobody wanted`);
  if (hasIds(context)) checkContinued(format, left, context, moves(arrived, context, setting), check);
  else if (left.traceId !== null) {
    const digits = format === "tracecontext" ? 32 : setting.digits;
    check(left.traceId.length === digits, `a new trace id of ${left.traceId.length} digits in ${format}`);
    check(left.parentId === null, `a new trace has a parent in ${format}`);
  }
  const decided = context === null || context.decision === "defer" ? "accept" : context.decision;
  const spelt = { deny: "0", accept: "1", debug: "d" }[decided];
  const expected = format === "tracecontext" ? (decided === "deny" ? "0" : "1") : spelt;
  const got = format === "tracecontext" ? String(parseInt(left.decision, 16) & 1) : left.decision;
  check(got === expected, `${format} says ${left.decision} where the decision is ${decided}`);
}

function checkContinued(format: Format, left: Departure, context: Context, moves: boolean, check: Check): void {
  const traceId = context.traceId ?? "";
  const expected = format === "tracecontext" ? traceId.padStart(32, "0") : traceId;
  check(left.traceId === expected, `${format} left with trace ${left.traceId} instead of ${expected}`);
  if (context.decision === "deny" && !moves) {
    const isSame = left.spanId === context.spanId && (format === "tracecontext" || left.parentId === context.parentId);
    check(isSame, `${format} of an unsampled trace was changed`);
  } else {
    check(left.spanId !== context.spanId, `${format} left with the caller's span id`);
    if (format !== "tracecontext")
      check(left.parentId === context.spanId, `${format} left with parent ${left.parentId}`);
  }
}

/** If B3 denies a trace whose traceparent is sampled, the flag changes, and W3C requires a new span id with it. */
function moves(arrived: readonly Header[], context: Context, setting: Setting): boolean {
  const theirs = setting.extract.includes("tracecontext") ? traceparentOf(arrived) : null;
  const isSame = theirs !== null && theirs.traceId === context.traceId?.padStart(32, "0");
  return isSame && theirs.decision === "accept" && context.decision === "deny";
}

function checkAgreement(leaving: Record<Format, Departure | null>, check: Check): void {
  const spans = Object.values(leaving).flatMap((left) => (left?.spanId ? [left.spanId] : []));
  check(new Set(spans).size <= 1, `the formats leave with different spans: ${spans.join(", ")}`);
  const traces = Object.values(leaving).flatMap((left) => (left?.traceId ? [left.traceId.padStart(32, "0")] : []));
  check(new Set(traces).size <= 1, `the formats leave with different traces: ${traces.join(", ")}`);
}

function checkTracestate(
  arrived: readonly Header[],
  out: readonly Header[],
  context: Context | null,
  setting: Setting,
  check: Check,
): void {
  const lines = out.filter(([name]) => name === "tracestate").map(([, value]) => value);
  const theirs = setting.extract.includes("tracecontext") ? traceparentOf(arrived) : null;
  const belongs = theirs !== null && hasIds(context) && theirs.traceId === context.traceId.padStart(32, "0");
  const passedOn = belongs ? validTracestate(arrived) : [];
  const isDecidedHere = context === null || context.decision === "defer";
  const expected = setting.setsThreshold && isDecidedHere ? [withThreshold(passedOn, "0")] : passedOn;
  check(
    JSON.stringify(lines) === JSON.stringify(expected),
    `tracestate left as ${JSON.stringify(lines).slice(0, 200)}`,
  );
}
