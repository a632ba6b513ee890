// Turns the parameters of a query into a filter on traces. Knows no HTTP and no store.

import type { Span, Trace } from "./traces.ts";

/** Whether a trace is wanted. */
export type Filter = (trace: Trace) => boolean;

/** An invalid query; the message names the parameter and what is allowed. */
export class QueryError extends Error {
  override name = "QueryError";
}

/**
 * Reads `service`, `tag` (any number of them, `name=value` or only `name`), `minMicros` and `maxMicros`. The durations
 * are the trace's. One span must have the service and all the tags: `service=reviews.default&tag=version=v3` means a v3
 * of reviews. Throws QueryError.
 */
export function readFilter(query: URLSearchParams): Filter {
  const service = query.get("service");
  const tags = query.getAll("tag").map(readTag);
  const least = readWhole(query, "minMicros", 0) ?? 0;
  const most = readWhole(query, "maxMicros", 0) ?? Infinity;
  const wanted = (span: Span): boolean =>
    (service === null || span.service === service) && tags.every((matches) => matches(span));
  const anySpan = service === null && tags.length === 0;
  return ({ durationMicros, spans }) =>
    durationMicros >= least && durationMicros <= most && (anySpan || spans.some(wanted));
}

/** Returns the whole number of that name, or null if it is absent. Throws QueryError. */
export function readWhole(query: URLSearchParams, name: string, least: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least) {
    throw new QueryError(`${name} is ${JSON.stringify(text)}: it must be a whole number from ${least}`);
  }
  return Number(text);
}

// A tag name may contain "=", so any of them may be the separator.
function readTag(text: string): (span: Span) => boolean {
  if (text === "" || text.startsWith("=")) {
    throw new QueryError(`tag is ${JSON.stringify(text)}: it must be name=value, or a name`);
  }
  const pairs = [...text.matchAll(/=/g)].map(({ index }) => [text.slice(0, index), text.slice(index + 1)] as const);
  return ({ tags }) =>
    Object.hasOwn(tags, text) ||
    pairs.some(([name, value]) => Object.hasOwn(tags, name) && String(tags[name]) === value);
}
