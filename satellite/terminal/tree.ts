// Draws one trace as a tree for the terminal. Knows neither the store nor where the text goes.

import { drawBar } from "./bar.ts";
import { formatDuration } from "../duration.ts";
import { arrange } from "../store/family.ts";
import { explainSampling, samplingOf } from "../store/kept.ts";
import { drawTable, PLAIN } from "./table.ts";
import type { Cell, Column, Style } from "./table.ts";
import { label } from "../store/traces.ts";
import type { Span, Trace } from "../store/traces.ts";

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

/** One line about the trace, another if it is not whole, and one per span below, without a final newline. */
export function drawTree(trace: Trace, style: Style = PLAIN): string {
  const rows = guides(trace.spans).map((row) => drawSpan(row, trace));
  return [drawHead(trace), explainSampling(trace.spans), drawTable(COLUMNS, rows, style)].filter(Boolean).join("\n");
}

function drawHead(trace: Trace): string {
  const facts = [`trace ${trace.traceId}`, formatDuration(trace.durationMicros), plural(trace.spans.length, "span")];
  if (trace.errors > 0) facts.push(plural(trace.errors, "error"));
  const sampling = samplingOf(trace.keptSpans, trace.spans.length);
  if (sampling !== "") facts.push(sampling);
  return facts.join(" · ");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

interface Row {
  span: Span;
  /** The lines that connect this span to its parent. */
  guide: string;
  /** Why a span with a parent id is at the top level. */
  remark: string;
}

function drawSpan({ span, guide, remark }: Row, trace: Trace): Cell[] {
  const offset = span.startMicros - trace.startMicros;
  const whole = Math.max(1, trace.durationMicros);
  const ink = span.error ? "red" : undefined;
  const words = [span.error && "error", span.kept && "kept", remark].filter(Boolean);
  return [
    { text: guide + span.operation, ink },
    { text: label(span) },
    { text: formatDuration(span.durationMicros) },
    { text: span.version ?? "", ink: "cyan" },
    { text: words.join(", "), ink: ink ?? "yellow" },
    { text: drawBar(offset / whole, (offset + span.durationMicros) / whole, BAR_CELLS), ink: ink ?? "green" },
  ];
}

/** Adds a guide to each span. `below[depth]` is the prefix for the guides of spans under that depth. */
function guides(spans: Span[]): Row[] {
  const below: string[] = [];
  return arrange(spans).map(({ span, depth, last, remark }) => {
    const before = below[depth - 1] ?? "";
    below[depth] = depth === 0 ? "" : clip(before + (last ? "   " : "│  "));
    return { span, guide: depth === 0 ? "" : clip(before + (last ? "└─ " : "├─ ")), remark };
  });
}

// A thousand levels must not make lines of thousands of cells, so a deep row shows only the end of its guide.
function clip(guide: string): string {
  return guide.length <= DEEPEST_GUIDE ? guide : `…${guide.slice(1 - DEEPEST_GUIDE)}`;
}
