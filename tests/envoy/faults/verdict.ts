// What must hold after any fault, once all is quiet: every request had its answer, the account of the filter's counters
// balances, and it agrees with what the collector received.
import assert from "node:assert/strict";
import { eventually } from "../../wait.ts";
import { account, noneUnaccounted } from "../ground.ts";
import type { Totals } from "../collector/ledger.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import type { Seen } from "./load.ts";

export interface Account {
  recorded: number;
  sent: number;
  dropped: number;
  buffered: number;
  /** Dropped spans by reason. */
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

/** The account once `requests` spans have been recorded and none is buffered. */
export async function settled(envoy: EnvoyProcess, requests: number): Promise<Account> {
  const account = await eventually(
    `the account of ${requests} spans to settle`,
    () => readAccount(envoy),
    ({ recorded, buffered }) => recorded >= requests && buffered === 0,
  );
  await noneUnaccounted(envoy);
  return account;
}

/** Every request had the right answer. */
export function assertUnharmed({ wrong }: Seen): void {
  assert.deepEqual([...wrong], [], "no request is harmed");
}

/** The account is exact and agrees with the collector's ledger. */
export function assertAccount(account: Account, requests: number, received: Totals): void {
  const { recorded, sent, dropped, buffered } = account;
  const told = JSON.stringify({ account, received });
  assert.equal(recorded, requests, `a span for each request: ${told}`);
  assert.equal(recorded, sent + dropped + buffered, `recorded = sent + dropped + buffered: ${told}`);
  const reasons = Object.values(account.reasons).reduce((sum, count) => sum + count, 0);
  assert.equal(dropped, reasons, `each drop has its reason: ${told}`);
  // If the collector can't tell whether its answer arrived, the filter may have counted the report as sent.
  assert.ok(sent >= received.uniqueAcknowledged, `what the collector acknowledged is sent: ${told}`);
  assert.ok(sent <= received.uniqueAcknowledged + received.unclear, `only that is sent: ${told}`);
  const missing = recorded - received.uniqueSpans;
  assert.ok(missing <= dropped + buffered, `no loss is uncounted: ${told}`);
}
