// What the scripted collector really received: every span of every whole report, and how each report ended. It forgets nothing: a
// span is 16 hex digits here. Knows no connection.
import type { FormatName, Transport } from "../../../satellite/store/report.ts";
import type { Outcome } from "./fault.ts";

/** One whole report. */
export interface Receipt {
  format: FormatName;
  transport: Transport;
  /** Of HTTP's body or of gRPC's message; empty for none. */
  encoding: string;
  /** Whether there was an access token, in the header and in the body. */
  tokenInHeader: boolean;
  tokenInBody: boolean;
  /** As it came, before it was unpacked. */
  bytes: number;
  /** Milliseconds since the epoch when all of it was there. */
  receivedAt: number;
  spanIds: string[];
  /** Undefined while it is not decided. */
  outcome?: Outcome;
}

/** Numbers that a test compares with the filter's counters. Spans are counted once per report that they came in. */
export interface Totals {
  reports: number;
  spans: number;
  /** Different spans, of all reports and of the acknowledged ones. */
  uniqueSpans: number;
  uniqueAcknowledged: number;
  /** Spans by the outcome of their report; `open` have none yet. */
  acknowledged: number;
  refused: number;
  unclear: number;
  unanswered: number;
  open: number;
}

export class Ledger {
  readonly receipts: Receipt[] = [];
  /** Requests that were cut off before their end, and those whose body was no report: why. */
  cut = 0;
  readonly broken: string[] = [];

  totals(): Totals {
    const totals = { acknowledged: 0, refused: 0, unclear: 0, unanswered: 0, open: 0 };
    const all = new Set<string>();
    const acknowledged = new Set<string>();
    let spans = 0;
    for (const { outcome, spanIds } of this.receipts) {
      totals[outcome ?? "open"] += spanIds.length;
      spans += spanIds.length;
      for (const id of spanIds) {
        all.add(id);
        if (outcome === "acknowledged") acknowledged.add(id);
      }
    }
    const unique = { uniqueSpans: all.size, uniqueAcknowledged: acknowledged.size };
    return { reports: this.receipts.length, spans, ...unique, ...totals };
  }

  /** How many spans came again although the collector may have kept them: it had acknowledged the report, or begun to. */
  repeats(): number {
    const kept = new Set<string>();
    const repeated = new Set<string>();
    for (const { outcome, spanIds } of this.receipts) {
      for (const id of spanIds) {
        if (kept.has(id)) repeated.add(id);
        if (outcome === "acknowledged" || outcome === "unclear") kept.add(id);
      }
    }
    return repeated.size;
  }

  /** Spans that came more than once, each with the outcomes of the reports that it came in, in order. */
  duplicates(): Map<string, (Outcome | "open")[]> {
    const outcomes = new Map<string, (Outcome | "open")[]>();
    for (const { outcome = "open", spanIds } of this.receipts) {
      for (const id of spanIds) {
        const before = outcomes.get(id);
        if (before) before.push(outcome);
        else outcomes.set(id, [outcome]);
      }
    }
    return new Map([...outcomes].filter(([, list]) => list.length > 1));
  }
}
