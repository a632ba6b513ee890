// What the scripted collector really received: every span of every whole report, and how each report ended. It forgets
// nothing: a span takes only 16 hex digits here. Knows no connections.
import type { FormatName, Transport } from "../../../satellite/store/report.ts";
import type { Outcome } from "./fault.ts";

/** One whole report. */
export interface Receipt {
  format: FormatName;
  transport: Transport;
  /** Of the HTTP body or the gRPC message; empty if it was not packed. */
  encoding: string;
  /** Whether there was an access token in the header and in the body. */
  tokenInHeader: boolean;
  tokenInBody: boolean;
  /** As received, before unpacking. */
  bytes: number;
  /** When the whole report had arrived, in milliseconds since the epoch. */
  receivedAt: number;
  spanIds: string[];
  /** Undefined until it is decided. */
  outcome?: Outcome;
}

/** Numbers that a test compares with the filter's counters. A span counts once for each report that contained it. */
export interface Totals {
  reports: number;
  spans: number;
  /** Distinct spans in all reports, and in the acknowledged ones. */
  uniqueSpans: number;
  uniqueAcknowledged: number;
  /** Spans by the outcome of their report; `open` means undecided. */
  acknowledged: number;
  refused: number;
  unclear: number;
  unanswered: number;
  open: number;
}

export class Ledger {
  readonly receipts: Receipt[] = [];
  /** Requests that were cut off, and why the body of others was not a report. */
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

  /** How many spans came again after a report that the collector acknowledged, or began to acknowledge. */
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

  /** Spans that came more than once, each with the outcomes of its reports in order. */
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
