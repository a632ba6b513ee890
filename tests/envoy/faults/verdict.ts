// What has to be true when all is quiet again, whatever the fault was: the account of the filter's counters balances, and agrees
// with what the collector really received.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { account, noneUnaccounted } from "../ground.ts";
import type { Totals } from "../collector/ledger.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";

export interface Account {
  recorded: number;
  sent: number;
  dropped: number;
  buffered: number;
  /** Dropped spans by their reason. */
  reasons: Record<string, number>;
  reportsSent: number;
  retried: number;
}

const REASON = "spans_dropped_";

export async function readAccount(envoy: EnvoyProcess): Promise<Account> {
  const counts = await account([envoy]);
  const reasons = Object.entries(counts).filter(([name, count]) => name.startsWith(REASON) && count > 0);
  return {
    recorded: counts.spans_recorded ?? 0,
    sent: counts.spans_sent ?? 0,
    dropped: counts.spans_dropped ?? 0,
    buffered: counts.spans_buffered ?? 0,
    reasons: Object.fromEntries(reasons.map(([name, count]) => [name.slice(REASON.length), count])),
    reportsSent: counts.reports_sent ?? 0,
    retried: counts.reports_retried ?? 0,
  };
}

/** The account once `requests` spans were recorded and none waits any more; what it last was, if that never comes. */
export async function settled(envoy: EnvoyProcess, requests: number): Promise<Account> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const account = await readAccount(envoy);
    if (account.recorded >= requests && account.buffered === 0) {
      await noneUnaccounted(envoy);
      return account;
    }
    if (Date.now() > deadline) throw new Error(`not settled within 30 s: ${JSON.stringify(account)}`);
    await sleep(50);
  }
}

/** The account is exact, and agrees with the collector's ledger. */
export function assertAccount(account: Account, requests: number, received: Totals): void {
  const { recorded, sent, dropped, buffered } = account;
  const told = JSON.stringify({ account, received });
  assert.equal(recorded, requests, `a span for each request: ${told}`);
  assert.equal(recorded, sent + dropped + buffered, `recorded = sent + dropped + buffered: ${told}`);
  const reasons = Object.values(account.reasons).reduce((sum, count) => sum + count, 0);
  assert.equal(dropped, reasons, `each drop has its reason: ${told}`);
  // An answer of which the collector does not know how it arrived may have been taken for a yes.
  assert.ok(sent >= received.uniqueAcknowledged, `what the collector acknowledged is sent: ${told}`);
  assert.ok(sent <= received.uniqueAcknowledged + received.unclear, `only that is sent: ${told}`);
  const missing = recorded - received.uniqueSpans;
  assert.ok(missing <= dropped + buffered, `no loss is uncounted: ${told}`);
}
