// The rules of the specifications and docs/propagation.md for trace headers, implemented again in another style:
// regular expressions over strings, where the module reads bytes. The fuzz test compares the two.
import type { Header } from "../host/headers.ts";

export type Decision = "defer" | "deny" | "accept" | "debug";

export interface Context {
  traceId: string | null;
  spanId: string | null;
  /** Null at a root, and in a `traceparent`, which cannot say. */
  parentId: string | null;
  decision: Decision;
  /** Only of a traceparent. */
  random: boolean;
}

type Outcome = "absent" | "malformed" | Context;

export type Format = "b3" | "b3multi" | "tracecontext";

const LETTERS: Record<string, Decision> = { "0": "deny", "1": "accept", d: "debug" };

/** The first value of a header, "" if it is absent, and how often it came. */
export function valueOf(headers: readonly Header[], name: string): { value: string; times: number } {
  const all = headers.filter(([each]) => each === name);
  return { value: all[0]?.[1] ?? "", times: all.length };
}

/** Lower case, zero-padded to 16 or 32 digits. */
function canonical(id: string): string {
  return id.toLowerCase().padStart(id.length > 16 ? 32 : 16, "0");
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}

function parentOf(id: string): string | null {
  return id === "" || isZero(id) ? null : canonical(id);
}

function readB3(headers: readonly Header[]): Outcome {
  const { value } = valueOf(headers, "b3");
  if (value === "") return "absent";
  const letter = LETTERS[value];
  if (letter !== undefined) return { traceId: null, spanId: null, parentId: null, decision: letter, random: false };
  const form = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d]))?(?:-([0-9a-f]{16}))?$/i.exec(value);
  if (form === null) return "malformed";
  const [, traceId = "", spanId = "", decision, parentId = ""] = form;
  // The expression above accepts a capital D.
  if (decision === "D") return "malformed";
  if (isZero(traceId) || isZero(spanId)) return "malformed";
  const decided = decision === undefined ? "defer" : (LETTERS[decision] ?? "defer");
  const ids = { traceId: canonical(traceId), spanId: canonical(spanId), parentId: parentOf(parentId) };
  return { ...ids, decision: decided, random: false };
}

function readSampled(headers: readonly Header[]): Decision | "malformed" {
  if (valueOf(headers, "x-b3-flags").value === "1") return "debug";
  const { value } = valueOf(headers, "x-b3-sampled");
  if (value === "") return "defer";
  if (/^(1|true)$/i.test(value)) return "accept";
  return /^(0|false)$/i.test(value) ? "deny" : "malformed";
}

function readB3Multi(headers: readonly Header[]): Outcome {
  const decision = readSampled(headers);
  if (decision === "malformed") return "malformed";
  const [traceId, spanId, parentId] = ["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid"].map(
    (name) => valueOf(headers, name).value,
  ) as [string, string, string];
  if (traceId + spanId + parentId === "") {
    return decision === "defer" ? "absent" : { traceId: null, spanId: null, parentId: null, decision, random: false };
  }
  if (!/^[0-9a-f]{1,32}$/i.test(traceId) || isZero(traceId)) return "malformed";
  if (!/^[0-9a-f]{1,16}$/i.test(spanId) || isZero(spanId)) return "malformed";
  if (!/^([0-9a-f]{1,16})?$/i.test(parentId)) return "malformed";
  const ids = { traceId: canonical(traceId), spanId: canonical(spanId), parentId: parentOf(parentId) };
  return { ...ids, decision, random: false };
}

function readTraceparent(headers: readonly Header[]): Outcome {
  const { value, times } = valueOf(headers, "traceparent");
  if (times > 1) return "malformed";
  if (value === "") return "absent";
  const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^]*)?$/.exec(value);
  if (form === null) return "malformed";
  const [, version, traceId = "", spanId = "", flags = "", more] = form;
  if (version === "ff" || (version === "00" && more !== undefined)) return "malformed";
  if (isZero(traceId) || isZero(spanId)) return "malformed";
  const bits = parseInt(flags, 16);
  return { traceId, spanId, parentId: null, decision: bits & 1 ? "accept" : "deny", random: (bits & 2) !== 0 };
}

const READERS: Record<Format, (headers: readonly Header[]) => Outcome> = {
  b3: readB3,
  b3multi: readB3Multi,
  tracecontext: readTraceparent,
};

/** `context`, with what the request's `traceparent` says of the same trace: the nearer span. */
function withTraceparent(context: Context, headers: readonly Header[]): Context {
  const theirs = traceparentOf(headers);
  if (theirs === null || theirs.traceId !== context.traceId?.padStart(32, "0")) return context;
  const isGap = context.decision !== "deny" && theirs.decision === "deny";
  const isOlder = isGap || [context.spanId, context.parentId].includes(theirs.spanId);
  const ids = isOlder ? context : theirs;
  return { ...context, random: theirs.random, spanId: ids.spanId, parentId: ids.parentId };
}

/**
 * The context of a request, null if it has no usable one, and whether a malformed header is to be counted. A decision
 * that came without ids takes the ids of the next format that has some.
 */
export function extract(headers: readonly Header[], order: Format[]): { context: Context | null; malformed: boolean } {
  let malformed = false;
  let decided: Context | null = null;
  for (const format of order) {
    const outcome = READERS[format](headers);
    if (outcome === "malformed") malformed = true;
    else if (outcome === "absent") continue;
    else if (outcome.traceId !== null) {
      const context = { ...outcome, decision: decided?.decision ?? outcome.decision };
      const hasTwo = format !== "tracecontext" && order.includes("tracecontext");
      return { context: hasTwo ? withTraceparent(context, headers) : context, malformed };
    } else decided ??= outcome;
  }
  return { context: decided, malformed };
}

/** The `tracestate` lines that may be passed on; empty if the list is not valid. */
export function validTracestate(headers: readonly Header[]): string[] {
  const lines = headers.filter(([name]) => name === "tracestate").map(([, value]) => value);
  const members = lines
    .flatMap((line) => line.split(","))
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const form = /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
  const isValid = members.length > 0 && members.length <= 32 && members.every((member) => form.test(member));
  return isValid ? lines : [];
}

/** The valid `lines` as one list that begins with OpenTelemetry's threshold `th`. */
export function withThreshold(lines: readonly string[], th: string): string {
  const parts = (text: string, separator: string) =>
    text
      .split(separator)
      .map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""))
      .filter((part) => part !== "");
  const members = parts(lines.join(","), ",");
  const others = members.filter((member) => !member.startsWith("ot="));
  let value = `th:${th}`;
  for (const entry of parts(members.find((member) => member.startsWith("ot="))?.slice(3) ?? "", ";")) {
    if (!entry.startsWith("th:") && `${value};${entry}`.length <= 256) value += `;${entry}`;
  }
  return [`ot=${value}`, ...others].slice(0, 32).join(",");
}

/** The context of `traceparent` alone; null if it is unusable. */
export function traceparentOf(headers: readonly Header[]): Context | null {
  const outcome = readTraceparent(headers);
  return typeof outcome === "string" ? null : outcome;
}
