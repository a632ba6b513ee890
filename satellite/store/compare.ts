// Answers "what makes it slow?": the latency of one operation, as a distribution for each value of a tag. Uses sampled
// spans alone: kept ones are all slow or failed, and would distort it. Knows neither HTTP nor how a distribution is drawn.

import { nearestRank, slowAmong } from "./latency.ts";
import { label } from "./traces.ts";
import type { Span } from "./traces.ts";

/** Identifies the spans that are compared: the same operation, seen from the same side of the same service. */
export interface Operation {
  service: string;
  kind: string;
  operation: string;
}

/** An operation that has spans. `spread` is the slowest group's median divided by the fastest's; 1 for one group. */
export interface OperationChoice extends Operation {
  label: string;
  count: number;
  values: number;
  spread: number;
}

/** A tag by which the operation's spans can be grouped. */
export interface TagChoice {
  name: string;
  values: number;
  spread: number;
}

/** A bar of the distribution: how many spans lasted from `fromMicros` to below `toMicros`, and one of their traces. */
export interface Bucket {
  fromMicros: number;
  toMicros: number;
  count: number;
  traceId: string;
}

/** The spans with one value of the tag; `value` is null for spans without the tag. */
export interface Group {
  value: string | null;
  count: number;
  errors: number;
  medianMicros: number;
  p90Micros: number;
  p99Micros: number;
  slow: boolean;
  buckets: Bucket[];
}

/**
 * `operations` come widest spread first; `otherValues` counts the values left out for having the fewest spans.
 * `keptSpans` counts the spans of the operation that are left out because they were kept; without a selected operation,
 * those of all wanted ones.
 */
export interface Comparison {
  by: string;
  operations: OperationChoice[];
  selected: OperationChoice | null;
  tags: TagChoice[];
  groups: Group[];
  otherValues: number;
  keptSpans: number;
}

/** Bars per factor of ten. */
const PER_DECADE = 10;
/** Nobody compares more groups or reads more choices than these. */
const MOST_GROUPS = 20;
const MOST_CHOICES = 200;

/** Compares the operation that `wanted` names, or the one where the tag `by` makes the greatest difference. */
export function compare(spans: Span[], by: string, wanted: Partial<Operation>): Comparison {
  const sampled = spans.filter(({ kept }) => kept === null);
  const choices = [
    ...groupBy(sampled, (span) => JSON.stringify([span.service, span.component, span.kind, span.operation])),
  ]
    .map(([, members]) => ({ choice: describe(members, by), members }))
    .sort((a, b) => b.choice.spread - a.choice.spread || b.choice.count - a.choice.count);
  const chosen = choices.find(({ choice }) => matches(choice, wanted));
  const compared = chosen?.choice ?? wanted;
  const groups = chosen ? valuesOf(chosen.members, by) : [];
  const largest = groups.sort((a, b) => b[1].length - a[1].length).slice(0, MOST_GROUPS);
  const isSlow = slowAmong(largest.map(([, members]) => median(members)));
  return {
    by,
    operations: choices.slice(0, MOST_CHOICES).map(({ choice }) => choice),
    selected: chosen?.choice ?? null,
    tags: chosen ? tagChoices(chosen.members, by) : [],
    groups: largest.map(([value, members]) => summarise(value, members, isSlow)).sort(byValue),
    otherValues: groups.length - largest.length,
    keptSpans: spans.filter((span) => span.kept !== null && matches(span, compared)).length,
  };
}

function matches(found: Operation, wanted: Partial<Operation>): boolean {
  const { service = found.service, kind = found.kind, operation = found.operation } = wanted;
  return found.service === service && found.kind === kind && found.operation === operation;
}

function describe(members: Span[], by: string): OperationChoice {
  const [{ service, kind, operation } = { service: "", kind: "", operation: "" }] = members;
  const groups = valuesOf(members, by);
  const shown = members[0] ? label(members[0]) : "";
  return {
    service,
    kind,
    operation,
    label: shown,
    count: members.length,
    values: groups.length,
    spread: spread(groups),
  };
}

/** The tags with more than one value but few enough to compare, and the current one. */
function tagChoices(members: Span[], by: string): TagChoice[] {
  const names = new Set(members.flatMap((span) => Object.keys(span.tags)));
  return [...names.add(by)]
    .map((name) => ({ name, groups: valuesOf(members, name) }))
    .filter(({ name, groups }) => name === by || (groups.length > 1 && groups.length <= MOST_GROUPS))
    .map(({ name, groups }) => ({ name, values: groups.length, spread: spread(groups) }))
    .sort((a, b) => a.name.localeCompare(b.name, "en"))
    .slice(0, MOST_CHOICES);
}

function valuesOf(members: Span[], tag: string): [string | null, Span[]][] {
  return [...groupBy(members, ({ tags }) => (Object.hasOwn(tags, tag) ? String(tags[tag]) : null))];
}

function spread(groups: [string | null, Span[]][]): number {
  const medians = groups.map(([, members]) => Math.max(1, median(members))).sort((a, b) => a - b);
  return (medians.at(-1) ?? 1) / (medians[0] ?? 1);
}

function summarise(value: string | null, members: Span[], isSlow: (micros: number) => boolean): Group {
  const durations = durationsOf(members);
  const medianMicros = nearestRank(durations, 50);
  return {
    value,
    count: members.length,
    errors: members.filter(({ error }) => error).length,
    medianMicros,
    p90Micros: nearestRank(durations, 90),
    p99Micros: nearestRank(durations, 99),
    slow: isSlow(medianMicros),
    buckets: bucketsOf(members),
  };
}

function bucketsOf(members: Span[]): Bucket[] {
  const byBucket = groupBy(members, ({ durationMicros }) =>
    Math.floor(Math.log10(Math.max(1, durationMicros)) * PER_DECADE),
  );
  return [...byBucket]
    .sort(([a], [b]) => a - b)
    .map(([index, inside]) => ({
      fromMicros: 10 ** (index / PER_DECADE),
      toMicros: 10 ** ((index + 1) / PER_DECADE),
      count: inside.length,
      traceId: inside[0]?.traceId ?? "",
    }));
}

function median(members: Span[]): number {
  return nearestRank(durationsOf(members), 50);
}

function durationsOf(members: Span[]): number[] {
  return members.map(({ durationMicros }) => durationMicros).sort((a, b) => a - b);
}

function groupBy<K>(spans: Span[], keyOf: (span: Span) => K): Map<K, Span[]> {
  const groups = new Map<K, Span[]>();
  for (const span of spans) {
    const key = keyOf(span);
    const group = groups.get(key);
    if (group) group.push(span);
    else groups.set(key, [span]);
  }
  return groups;
}

// v2 comes before v10; the group without a value comes last.
function byValue(a: Group, b: Group): number {
  if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
  return a.value.localeCompare(b.value, "en", { numeric: true });
}
