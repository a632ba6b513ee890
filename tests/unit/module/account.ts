// Lightspan's counters, as Envoy's stats show them, and the rules that they keep after every step.
import assert from "node:assert/strict";
import type { Host } from "../../host/host.ts";

/** The spans, as Lightspan counts them. */
export interface Account {
  recorded: number;
  sent: number;
  dropped: number;
  buffered: number;
}

/** One counter or gauge, by its name after `lightspan.`. */
export function count(host: Host, name: string): number {
  const value = host.metrics.get(`lightspan.${name}`);
  assert.ok(value !== undefined, `there is no metric lightspan.${name}`);
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
  const prefix = "lightspan.spans_dropped_";
  const reasons = [...host.metrics].filter(([name, value]) => name.startsWith(prefix) && value !== 0);
  return Object.fromEntries(reasons.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Checks the accounts of requests and spans. `open`: the expected number of open streams; not checked if omitted. */
export function assertBalanced(host: Host, open?: number): void {
  const requests = count(host, "requests");
  const counted = ["spans_recorded", "spans_unsampled", "requests_open"].map((name) => count(host, name));
  const sum = counted.reduce((total, value) => total + value, 0);
  assert.equal(requests, sum, `requests = recorded + unsampled + open: ${requests} = ${counted.join(" + ")}`);
  if (open !== undefined) assert.equal(count(host, "requests_open"), open, "streams that are open");
  const account = accountOf(host);
  const { recorded, sent, dropped, buffered } = account;
  const shown = JSON.stringify(account);
  assert.equal(recorded, sent + dropped + buffered, `recorded = sent + dropped + buffered: ${shown}`);
  assert.ok(buffered >= 0, `buffered is not negative: ${shown}`);
  const reasons = Object.values(droppedBecause(host)).reduce((sum, value) => sum + value, 0);
  assert.equal(dropped, reasons, `dropped is the sum of its reasons: ${JSON.stringify(droppedBecause(host))}`);
}
