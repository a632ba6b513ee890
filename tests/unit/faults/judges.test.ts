// The judges of faults can fail: for a harmed or slow request, for extra, missing or duplicate spans.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../../envoy/collector/fault.ts";
import { Ledger } from "../../envoy/collector/ledger.ts";
import type { Seen } from "../../envoy/faults/load.ts";
import { assertAccount, assertUnharmed, type Account } from "../../envoy/faults/verdict.ts";
import { assertNoSlower } from "../../soak/latency.ts";

const REQUESTS = 400;

/** The latencies of a quiet machine, with the slowest `share` taking `lateMs` longer. */
function load(share = 0, lateMs = 0): Seen {
  const latencies = Array.from({ length: REQUESTS }, (_, i) => {
    const usual = 1 + (i / REQUESTS) ** 20 * 30;
    return i >= REQUESTS * (1 - share) ? usual + lateMs : usual;
  });
  return { sent: REQUESTS, wrong: new Map(), latencies };
}

describe("requests are harmed", () => {
  it("if one has a different answer", () => {
    assertUnharmed(load());
    const seen = { ...load(), wrong: new Map([["status 503", 1]]) };
    assert.throws(() => assertUnharmed(seen), /no request is harmed/);
  });
});

describe("requests are slower", () => {
  it("not, if they take as long as without the filter, or a little longer", () => {
    assertNoSlower(load(), load());
    assertNoSlower(load(1, 3), load());
    assertNoSlower(load(0.02, 40), load());
  });

  const late: Record<string, [share: number, milliseconds: number]> = {
    "half of them wait for ten milliseconds": [0.51, 10],
    "two in a hundred wait for a slow answer": [0.02, 300],
    "a single one waits for a collector that says nothing": [1 / REQUESTS, 400],
  };
  for (const [what, [share, milliseconds]] of Object.entries(late)) {
    it(`if ${what}`, () => {
      assert.throws(() => assertNoSlower(load(share, milliseconds), load()), /no request waits for the collector/);
    });
  }
});

function ledgerOf(...reports: [outcome: Outcome, spanIds: string[]][]): Ledger {
  const ledger = new Ledger();
  for (const [outcome, spanIds] of reports) {
    const rest = { format: "lightstep", transport: "http", encoding: "", bytes: 0 } as const;
    ledger.receipts.push({ ...rest, tokenInHeader: false, tokenInBody: false, outcome, receivedAt: 0, spanIds });
  }
  return ledger;
}

describe("the account", () => {
  const received = ledgerOf(["acknowledged", ["a", "b", "c"]], ["refused", ["d"]], ["unclear", ["e"]]).totals();
  const right: Account = {
    ...{ recorded: 6, sent: 3, dropped: 3, buffered: 0, reasons: { refused: 1, unavailable: 2 } },
    ...{ reportsSent: 1, retried: 0 },
  };

  it("is right if every span is where it should be", () => {
    assertAccount(right, 6, received);
    assertAccount({ ...right, sent: 4, dropped: 2, reasons: { refused: 1, unavailable: 1 } }, 6, received);
  });

  const wrong: Record<string, Partial<Account>> = {
    "a request without a span": { recorded: 5, dropped: 2, reasons: { unavailable: 2 } },
    "a span that is nowhere": { dropped: 2, reasons: { unavailable: 2 } },
    "a span in two places": { buffered: 1 },
    "a drop without a reason": { reasons: { unavailable: 2 } },
    "a span counted as sent that nobody took": { sent: 5, dropped: 1, reasons: { unavailable: 1 } },
    "a span that was taken and is not counted as sent": { sent: 2, dropped: 4, reasons: { unavailable: 4 } },
  };
  for (const [what, change] of Object.entries(wrong)) {
    it(`is wrong with ${what}`, () => {
      assert.throws(() => assertAccount({ ...right, ...change }, 6, received), assert.AssertionError);
    });
  }
});

describe("a span comes twice without a reason", () => {
  const repeats = (outcome: Outcome) => ledgerOf([outcome, ["a", "b"]], ["acknowledged", ["b", "c"]]).repeats();

  it("if the collector had accepted it, as far as it knows", () => {
    assert.equal(repeats("acknowledged"), 1);
    assert.equal(repeats("unclear"), 1);
  });
  it("not, if the report was refused", () => assert.equal(repeats("refused"), 0));
  it("not, if it had no answer", () => assert.equal(repeats("unanswered"), 0));
});
