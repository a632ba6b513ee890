// Assembles reported spans into traces, in bounded memory. Knows which tags and reporter fields determine a span's
// service, component, kind, version and error, and whether it was kept. Does not know how spans arrive or how a trace
// is shown.

import { EventEmitter } from "node:events";
import { readKept } from "./kept.ts";
import type { KeptReason } from "./kept.ts";
import type { Report, ReportedSpan, Tags } from "./report.ts";

/** One span, in the shape of the JSON API. `tags` holds every tag, including those that also have a field. */
export interface Span extends ReportedSpan {
  service: string;
  component: string;
  kind: string;
  version: string | null;
  error: boolean;
  /** Why the span was kept although its trace was not sampled; null for a sampled span. */
  kept: KeptReason | null;
  reporterId: string;
}

/** The spans of one trace that have arrived, by start time. `root` is null until a span without a parent arrives. */
export interface Trace {
  /** The low 64 bits of the id, as 16 hex digits; each span has the whole id with which it was reported. */
  traceId: string;
  startMicros: number;
  durationMicros: number;
  root: { operation: string; service: string } | null;
  spans: Span[];
  errors: number;
  /** How many spans were kept. If there are any, the trace is not whole. */
  keptSpans: number;
  services: string[];
}

/** The service with the span's component and kind, as Lightstep shows it: `reviews.default: proxy server`. */
export function label(span: Pick<Span, "service" | "component" | "kind">): string {
  const role = [span.component, span.kind].filter((word) => word !== "").join(" ");
  return role === "" ? span.service : `${span.service}: ${role}`;
}

/**
 * How much a store keeps: a number of traces (1000), of spans in total (50 per trace), and of characters in total (128
 * Mi; a span from an Envoy has about a thousand).
 */
export interface Limits {
  maxTraces?: number;
  maxSpans?: number;
  maxText?: number;
}

/**
 * Keeps the newest traces within the limits. Forgets and counts traces in the order in which they began to arrive.
 * Emits `trace` with the trace id for each trace that a report added spans to, and `forget` for each that is gone.
 */
export class TraceStore extends EventEmitter<{ trace: [traceId: string]; forget: [traceId: string] }> {
  /** How many traces were dropped to make room. */
  forgotten = 0;
  /** How many spans arrived again, because a received report was sent again. They are not stored twice. */
  duplicates = 0;
  readonly #maxTraces: number;
  readonly #maxSpans: number;
  readonly #maxText: number;
  readonly #traces = new Map<string, Map<string, Span>>();
  #spans = 0;
  #text = 0;

  constructor({ maxTraces = 1000, maxSpans = 50 * maxTraces, maxText = 128 * 1024 * 1024 }: Limits = {}) {
    super();
    this.#maxTraces = maxTraces;
    this.#maxSpans = maxSpans;
    this.#maxText = maxText;
  }

  /** Stores the report's spans. */
  add(report: Report): void {
    const touched = new Set<string>();
    for (const reported of report.spans) {
      const span = describe(reported, report);
      const traceId = keyOf(span.traceId);
      const spans = this.#spansOf(traceId);
      // The span id alone is not enough: if two spans wrongly share one, both must be visible.
      const identity = [span.reporterId, span.spanId, span.kind, span.startMicros].join(" ");
      const before = spans.get(identity);
      if (before) this.duplicates++;
      else this.#spans++;
      this.#text += textIn(span) - (before ? textIn(before) : 0);
      spans.set(identity, span);
      touched.add(traceId);
      this.#forgetOldest();
    }
    for (const traceId of touched) this.emit("trace", traceId);
  }

  /** How many traces are stored. */
  get size(): number {
    return this.#traces.size;
  }

  /** The services of all stored spans, sorted by name. */
  services(): string[] {
    const services = new Set<string>();
    for (const spans of this.#traces.values()) for (const { service } of spans.values()) services.add(service);
    return [...services].sort();
  }

  /** Every stored trace, latest start first. */
  list(): Trace[] {
    return [...this.#traces]
      .map(([traceId, spans]) => assemble(traceId, [...spans.values()]))
      .sort((a, b) => b.startMicros - a.startMicros);
  }

  /** The trace with this id of 16 or 32 hex digits, or undefined. */
  get(traceId: string): Trace | undefined {
    const low = keyOf(traceId.toLowerCase());
    const spans = this.#traces.get(low);
    return spans && assemble(low, [...spans.values()]);
  }

  #spansOf(traceId: string): Map<string, Span> {
    let spans = this.#traces.get(traceId);
    if (!spans) {
      spans = new Map();
      this.#traces.set(traceId, spans);
    }
    return spans;
  }

  #forgetOldest(): void {
    for (const [oldest, spans] of this.#traces) {
      const few = this.#traces.size <= this.#maxTraces && this.#spans <= this.#maxSpans;
      if (few && this.#text <= this.#maxText) return;
      this.#traces.delete(oldest);
      this.#spans -= spans.size;
      for (const span of spans.values()) this.#text -= textIn(span);
      this.forgotten++;
      this.emit("forget", oldest);
    }
  }
}

/**
 * The key of a trace: the low 64 bits of its id. Lightstep's format carries no more, and proxies that report in
 * different formats must share a trace. Spans keep the whole id with which they were reported.
 */
function keyOf(traceId: string): string {
  return traceId.slice(-16);
}

/** The reporter's tags that apply to all its spans: all except those that describe the tracer itself. */
function commonTags(report: Report): Tags {
  const common = Object.entries(report.reporterTags).filter(
    ([name]) => !/^(lightstep|service|telemetry\.sdk)\./.test(name),
  );
  return Object.fromEntries(common);
}

function describe(span: ReportedSpan, report: Report): Span {
  const tags = { ...commonTags(report), ...span.tags };
  return {
    ...span,
    tags,
    service: report.service,
    component: text(tags, "component") ?? "",
    kind: text(tags, "span.kind") ?? "",
    version: text(tags, "version"),
    error: text(tags, "error") === "true",
    kept: readKept(tags),
    reporterId: report.reporterId,
  };
}

/** The number of characters in a span's names and values, which can make it a thousand times as large as another. */
function textIn({ operation, service, tags }: Span): number {
  let size = operation.length + service.length;
  for (const name in tags) size += name.length + String(tags[name]).length;
  return size;
}

function text(tags: Tags, name: string): string | null {
  return Object.hasOwn(tags, name) ? String(tags[name]) : null;
}

function assemble(traceId: string, spans: Span[]): Trace {
  spans.sort((a, b) => a.startMicros - b.startMicros);
  const startMicros = spans[0]?.startMicros ?? 0;
  const endMicros = spans.reduce((end, span) => Math.max(end, span.startMicros + span.durationMicros), startMicros);
  const root = spans.find((span) => span.parentId === null);
  return {
    traceId,
    startMicros,
    durationMicros: endMicros - startMicros,
    root: root ? { operation: root.operation, service: root.service } : null,
    spans,
    errors: spans.filter((span) => span.error).length,
    keptSpans: spans.filter((span) => span.kept !== null).length,
    services: [...new Set(spans.map((span) => span.service))],
  };
}
