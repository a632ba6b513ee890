// Lightspan's counters, as Envoy's stats show them, and the rules that they keep after every step.
import assert from "node:assert/strict";
import type { Host } from "../../host/host.ts";

const REASON = "lightspan.spans_dropped_";

/** The spans, as Lightspan counts them. */
export interface Account {
  recorded: number;
  sent: number;
  dropped: number;
  buffered: number;
}

/** One counter or gauge, by its name after `lightspan.`. */
export function count(host: Host, name: string): number {
  return metric(host, `lightspan.${name}`);
}

function metric(host: Host, name: string): number {
  const value = host.metrics.get(name);
  if (value === undefined) assert.fail(`there is no metric ${name}`);
  return value;
}

export function accountOf(host: Host): Account {
  return {
    recorded: count(host, "spans_recorded"),
    sent: count(host, "spans_sent"),
    dropped: count(host, "spans_dropped"),
    buffered: count(host, "spans_buffered"),
  };
}

/** The reasons for which spans were dropped; omits reasons that did not occur. */
export function droppedBecause(host: Host): Record<string, number> {
  const reasons = [...host.metrics].filter(([name, value]) => name.startsWith(REASON) && value !== 0);
  return Object.fromEntries(reasons.map(([name, value]) => [name.slice(REASON.length), value]));
}

/** Checks the accounts of requests and spans. `open`: the expected number of open streams; not checked if omitted. */
export function assertBalanced(host: Host, open?: number): void {
  // Runs after every step of every test, so words are made only for a failure.
  const requests = metric(host, "lightspan.requests");
  const recorded = metric(host, "lightspan.spans_recorded");
  const unsampled = metric(host, "lightspan.spans_unsampled");
  const opened = metric(host, "lightspan.requests_open");
  if (requests !== recorded + unsampled + opened) {
    assert.fail(`requests = recorded + unsampled + open: ${requests} = ${recorded} + ${unsampled} + ${opened}`);
  }
  if (open !== undefined && opened !== open) assert.fail(`${open} streams are open, and ${opened} counted as such`);
  const sent = metric(host, "lightspan.spans_sent");
  const dropped = metric(host, "lightspan.spans_dropped");
  const buffered = metric(host, "lightspan.spans_buffered");
  if (recorded !== sent + dropped + buffered || buffered < 0) {
    assert.fail(`recorded = sent + dropped + buffered: ${recorded} = ${sent} + ${dropped} + ${buffered}`);
  }
  let sum = 0;
  for (const [name, value] of host.metrics) if (name.startsWith(REASON)) sum += value;
  if (dropped !== sum) {
    assert.fail(`dropped is the sum of its reasons: ${dropped} = ${JSON.stringify(droppedBecause(host))}`);
  }
}
