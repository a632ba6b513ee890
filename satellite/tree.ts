// Draws one trace as a tree for a person at a terminal. Trusts no parent id: it may name a span that has not come, the
// span itself, or a descendant. Knows neither the store nor where the text goes.

import { drawBar } from "./bar.ts";
import { formatDuration } from "./duration.ts";
import { drawTable, PLAIN } from "./table.ts";
import type { Cell, Column, Style } from "./table.ts";
import { label } from "./traces.ts";
import type { Span, Trace } from "./traces.ts";

const COLUMNS: Column[] = [
  { title: "operation", give: "cut" },
  { title: "service" },
  { title: "duration", right: true },
  { title: "version" },
  { title: "" },
  { title: "", give: "drop" },
];
const BAR_CELLS = 24;
const DEEPEST_GUIDE = 48;

/** One line about the trace and one per span below it, without a final newline. */
export function drawTree(trace: Trace, style: Style = PLAIN): string {
  const rows = arrange(trace.spans).map((row) => drawSpan(row, trace));
  return `${drawHead(trace)}\n${drawTable(COLUMNS, rows, style)}`;
}

function drawHead(trace: Trace): string {
  const facts = [`trace ${trace.traceId}`, formatDuration(trace.durationMicros), plural(trace.spans.length, "span")];
  if (trace.errors > 0) facts.push(plural(trace.errors, "error"));
  return facts.join(" · ");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

interface Row {
  span: Span;
  /** The lines that lead from the parent to this span. */
  guide: string;
  /** Why a span with a parent stands at top level. */
  remark: string;
}

function drawSpan({ span, guide, remark }: Row, trace: Trace): Cell[] {
  const offset = span.startMicros - trace.startMicros;
  const whole = Math.max(1, trace.durationMicros);
  const ink = span.error ? "red" : undefined;
  return [
    { text: guide + span.operation, ink },
    { text: label(span) },
    { text: formatDuration(span.durationMicros) },
    { text: span.version ?? "", ink: "cyan" },
    { text: [span.error ? "error" : "", remark].filter(Boolean).join(", "), ink: ink ?? "yellow" },
    { text: drawBar(offset / whole, (offset + span.durationMicros) / whole, BAR_CELLS), ink: ink ?? "green" },
  ];
}

/** Every span once, each below its parent, siblings by start time. */
function arrange(spans: Span[]): Row[] {
  const family = new Family(spans);
  for (const span of spans) {
    if (span.parentId === null) family.descend(span, "");
    else if (!family.has(span.parentId)) family.descend(span, `orphan of ${span.parentId}`);
  }
  // What no top-level span leads to goes round in a circle; the earliest of a circle stands for its top.
  for (const span of spans) family.descend(span, "cycle");
  return family.rows;
}

class Family {
  readonly rows: Row[] = [];
  readonly #children = new Map<string, Span[]>();
  readonly #ids = new Set<string>();
  readonly #placed = new Set<Span>();

  constructor(spans: Span[]) {
    for (const span of spans) {
      this.#ids.add(span.spanId);
      if (span.parentId === null) continue;
      const siblings = this.#children.get(span.parentId);
      if (siblings) siblings.push(span);
      else this.#children.set(span.parentId, [span]);
    }
  }

  has(spanId: string): boolean {
    return this.#ids.has(spanId);
  }

  /** Adds rows for the span and all below it, unless it has its row. A stack, as a trace may be deeper than ours. */
  descend(top: Span, remark: string): void {
    if (this.#placed.has(top)) return;
    this.#placed.add(top);
    const stack = [{ row: { span: top, guide: "", remark }, below: "" }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { row, below } = next;
      this.rows.push(row);
      const children = (this.#children.get(row.span.spanId) ?? []).filter((child) => !this.#placed.has(child));
      for (const child of children) this.#placed.add(child);
      // Pushed last to first, for the first to come off the stack first.
      children.reverse().forEach((span, fromLast) => {
        const [elbow, line] = fromLast === 0 ? ["└─ ", "   "] : ["├─ ", "│  "];
        stack.push({ row: { span, guide: clip(below + elbow), remark: "" }, below: clip(below + line) });
      });
    }
  }
}

// A thousand levels must not make lines of thousands of cells: of a deep row's guide only the near end is drawn.
function clip(guide: string): string {
  return guide.length <= DEEPEST_GUIDE ? guide : `…${guide.slice(1 - DEEPEST_GUIDE)}`;
}
