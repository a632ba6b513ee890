// Which traces count as the complete trace of one page view, and the faults of all others.

import assert from "node:assert/strict";
import test from "node:test";
import type { Span, Trace } from "../../../satellite/store/traces.ts";
import { faultsOf, reviewsOf } from "../../../demo/expected.ts";

const nodeId = "sidecar~127.0.1.3~reviews-v3-78f7bbb948-2mb96.default~default.svc.cluster.local";

/** A span `id` below `parent`; the callee determines the operation. */
function span(id: string, parent: string | null, kind: string, service: string, callee: string): Span {
  return {
    traceId: "463ac35c9f6413ad",
    spanId: id,
    parentId: parent,
    operation: `${callee}.default.svc.cluster.local:9080/*`,
    service,
    component: "proxy",
    kind,
    startMicros: 0,
    durationMicros: 1,
    version: service === "reviews.default" ? "v3" : "v1",
    error: false,
    kept: null,
    tags: service === "reviews.default" ? { node_id: nodeId } : {},
    reporterId: "1",
  };
}

function pageView(): Span[] {
  return [
    span("1", null, "client", "istio-ingressgateway.istio-system", "productpage"),
    span("2", "1", "server", "productpage.default", "productpage"),
    span("3", "2", "client", "productpage.default", "details"),
    span("4", "3", "server", "details.default", "details"),
    span("5", "2", "client", "productpage.default", "reviews"),
    span("6", "5", "server", "reviews.default", "reviews"),
    span("7", "6", "client", "reviews.default", "ratings"),
    span("8", "7", "server", "ratings.default", "ratings"),
  ];
}

function trace(spans: Span[]): Trace {
  return {
    traceId: "463ac35c9f6413ad",
    startMicros: 0,
    durationMicros: 1,
    root: null,
    spans,
    keptSpans: 0,
    errors: 0,
    services: [],
  };
}

/** The faults of a page view with a changed span `id`. */
function faultsWith(id: string, change: Partial<Span>): string[] {
  return faultsOf(trace(pageView().map((each) => (each.spanId === id ? { ...each, ...change } : each))));
}

test("two spans for every call, each below its caller, are a complete page view", () => {
  assert.deepEqual(faultsOf(trace(pageView())), []);
  assert.deepEqual(faultsOf(trace(pageView().reverse())), []);
});

test("the server span's tag tells which version answered", () => {
  assert.equal(reviewsOf(trace(pageView()))?.name, "reviews-v3");
  assert.match(faultsWith("6", { version: null }).join(), /^no server span of reviews\.default with a version/);
});

test("an absent span is reported as missing, and the spans below it as unexpected", () => {
  const faults = faultsOf(trace(pageView().filter(({ spanId }) => spanId !== "7")));
  assert.ok(faults.some((fault) => /^missing: .* > client reviews\.default ratings/.test(fault)));
  assert.ok(faults.some((fault) => /^unexpected: \(a span that did not come, 7\) > server ratings/.test(fault)));
});

test("a wrong kind, operation or parent is a fault", () => {
  assert.notDeepEqual(faultsWith("2", { kind: "client" }), []);
  assert.notDeepEqual(faultsWith("4", { operation: "ingress" }), []);
  assert.notDeepEqual(faultsWith("8", { parentId: "6" }), []);
});

test("spans that are each other's parents are faults and stop the search", () => {
  assert.notDeepEqual(faultsWith("1", { parentId: "8" }), []);
});

test("a duplicate span is a fault", () => {
  const twice = [...pageView(), span("9", "7", "server", "ratings.default", "ratings")];
  assert.deepEqual(faultsOf(trace(twice)), ["some spans are there twice"]);
});

test("a wrong node_id on a span of reviews is a fault", () => {
  assert.match(faultsWith("6", { tags: { node_id: "x" } }).join(), /has not node_id sidecar~127\.0\.1\.3~reviews-v3/);
});
