// Compares what the two tracers report about the same traffic. Every tag of Envoy's must be in our span with the same
// value. Returns the differences, in the words of the table in docs/tags.md.
import type { Case } from "./case.ts";
import type { Observed } from "./spans.ts";

/** Tags of ours that Envoy's tracer does not have. */
export const OURS_ALONE = /^(version|span\.kind|istio\..*)$/;

/** Three processes read the clock, this one only to the millisecond. */
const SLACK_MS = 5;

/** One difference between the tracers; undefined if a span does not have the tag. */
export interface Difference {
  /** A tag's name, or in parentheses: `(spans)`, `(calls of filters)`, `(parent)`, `(kind)`, `(service)`. */
  tag: string;
  envoy: string | undefined;
  lightspan: string | undefined;
}

/** Envoy's tracer makes spans of the calls that filters make, with tags that request spans never have. */
function isCall({ tags }: Observed): boolean {
  return tags["upstream_address"] !== undefined;
}

/** The form of a request id: of its digits it keeps only the one that says why it is traced. */
function formOf(id: string | undefined): string | undefined {
  return id?.replace(/[0-9a-f]/g, (digit, at: number) => (at === 14 ? digit : "x"));
}

/** Everything in a span that must be the same, including its tags. */
function sayings(each: Case, span: Observed, parentId: string): Map<string, string> {
  const said = new Map(Object.entries(span.tags));
  const id = said.get("guid:x-request-id");
  if (each.generatesId && id !== undefined) said.set("guid:x-request-id", formOf(id) ?? "");
  said.set("(parent)", span.parentId === parentId ? "the caller" : span.parentId === null ? "none" : "another");
  return said.set("(kind)", span.kind).set("(service)", span.service);
}

function comparePair(each: Case, native: Observed, ours: Observed, parentId: string): Difference[] {
  const [theirs, own] = [sayings(each, native, parentId), sayings(each, ours, parentId)];
  const names = [...theirs.keys(), ...[...own.keys()].filter((name) => !OURS_ALONE.test(name))];
  return [...new Set(names)].sort().flatMap((tag) => {
    const [envoy, lightspan] = [theirs.get(tag), own.get(tag)];
    return envoy === lightspan ? [] : [{ tag, envoy, lightspan }];
  });
}

/** Pairs of spans of the same request, matched by URL and status. */
export function pairsOf(native: Observed[], ours: Observed[]): [Observed, Observed | undefined][] {
  const key = ({ tags }: Observed): string => [tags["http.url"], tags["http.status_code"]].join(" ");
  const inOrder = (spans: Observed[]): Observed[] => [...spans].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const others = inOrder(ours);
  return inOrder(native.filter((span) => !isCall(span))).map((span, index) => [span, others[index]]);
}

/** All differences, each once no matter how many spans have it. */
export function compare(each: Case, native: Observed[], ours: Observed[], parentId: string): Difference[] {
  const calls = native.filter(isCall).length;
  const all: Difference[] =
    calls === 0 ? [] : [{ tag: "(calls of filters)", envoy: String(calls), lightspan: undefined }];
  const pairs = pairsOf(native, ours);
  if (pairs.length !== ours.length) {
    return [...all, { tag: "(spans)", envoy: String(pairs.length), lightspan: String(ours.length) }];
  }
  for (const [span, other] of pairs) if (other) all.push(...comparePair(each, span, other, parentId));
  return [...new Map(all.map((difference) => [JSON.stringify(difference), difference])).values()];
}

/**
 * What is wrong with the times of spans. Each must last, and lie between the client's first byte and its own arrival,
 * `begin` and `end` in milliseconds since the epoch. That holds on a busy machine, too.
 */
export function timeFaults(spans: Observed[], begin: number, end: number): string[] {
  return spans.flatMap(({ startMicros, durationMicros }) => {
    const [from, to] = [startMicros / 1000, (startMicros + durationMicros) / 1000];
    const isWithin = from > begin - SLACK_MS && to < end + SLACK_MS;
    return [
      ...(durationMicros > 0 ? [] : [`it lasts ${durationMicros} µs`]),
      ...(isWithin ? [] : [`from ${from - begin} to ${to - begin} ms is not within 0 to ${end - begin} ms`]),
    ];
  });
}
