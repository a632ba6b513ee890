// Spans for the drawing tests: one Bookinfo page view, reduced to what shows every case.

import type { Span, Trace } from "../../../../satellite/store/traces.ts";

const START = 1_700_000_000_000_000;

/** A server span of `reviews.default` that starts `at` microseconds into the trace, with changes. */
export function span(spanId: string, parentId: string | null, at: number, changes: Partial<Span> = {}): Span {
  return {
    traceId: "463ac35c9f6413ad",
    spanId,
    parentId,
    operation: "reviews.default.svc.cluster.local:9080/*",
    service: "reviews.default",
    component: "proxy",
    kind: "server",
    startMicros: START + at,
    durationMicros: 1000,
    version: null,
    error: false,
    kept: null,
    tags: {},
    reporterId: "0000000000000001",
    ...changes,
  };
}

/** A trace of these spans, which must be in order of their start. */
export function trace(spans: Span[]): Trace {
  const ends = spans.map((each) => each.startMicros + each.durationMicros);
  return {
    traceId: "463ac35c9f6413ad",
    startMicros: START,
    durationMicros: Math.max(...ends) - START,
    root: null,
    spans,
    errors: spans.filter((each) => each.error).length,
    keptSpans: spans.filter((each) => each.kept !== null).length,
    services: [...new Set(spans.map((each) => each.service))],
  };
}

/** Ingress, productpage, details, a slow reviews v3, and a ratings that fails. */
export function pageView(): Span[] {
  const operation = (name: string) => ({ operation: `${name}.default.svc.cluster.local:9080/*` });
  const client = (service: string) => ({ service, kind: "client" });
  return [
    span("01", null, 0, { ...operation("productpage"), ...client("istio-ingressgateway"), durationMicros: 1_300_000 }),
    span("02", "01", 900, {
      ...operation("productpage"),
      service: "productpage.default",
      version: "v1",
      durationMicros: 1_298_200,
    }),
    span("03", "02", 3_000, {
      ...operation("details"),
      ...client("productpage.default"),
      version: "v1",
      durationMicros: 12_300,
    }),
    span("04", "03", 3_600, {
      ...operation("details"),
      service: "details.default",
      version: "v1",
      durationMicros: 840,
    }),
    span("05", "02", 20_000, { ...client("productpage.default"), version: "v1", durationMicros: 1_270_000 }),
    span("06", "05", 21_000, { version: "v3", durationMicros: 1_260_000 }),
    span("07", "06", 900_000, {
      ...operation("ratings"),
      ...client("reviews.default"),
      version: "v3",
      error: true,
      durationMicros: 250_000,
    }),
  ];
}
