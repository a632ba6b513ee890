// The story on real Envoys: a page view is one trace, and each call in it is two spans, with the right parent, kind,
// name, node and version. With one worker and with four.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span, Trace } from "../../../satellite/store/traces.ts";
import { istioNode } from "../../../runner/config/node.ts";
import { faultsOf, reviewsOf } from "../../../demo/expected.ts";
import { startBookinfo, type Bookinfo } from "../../../demo/bookinfo.ts";
import { ingress, workloads } from "../../../demo/topology.ts";
import { viewPages } from "../../../demo/traffic.ts";
import { account, during, envoyBinary, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

/** How slow reviews v3 is here. */
const DELAY_MS = 50;

const SPANS_WITHOUT_RATINGS = 6;
const SPANS_WITH_RATINGS = 8;

/** Envoy's own tags that every span of an answered plain HTTP request has. */
const TAGS_OF_EVERY_SPAN = [
  ...["node_id", "zone", "component", "span.kind", "version"],
  ...["istio.canonical_revision", "istio.canonical_service", "istio.mesh_id", "istio.namespace", "istio.cluster_id"],
  ...["guid:x-request-id", "http.url", "http.method", "downstream_cluster", "user_agent", "http.protocol"],
  ...["peer.address", "request_size", "response_size", "upstream_cluster", "upstream_cluster.name"],
  ...["http.status_code", "response_flags"],
];

async function withBookinfo(concurrency: number, body: (bookinfo: Bookinfo, satellite: Satellite) => Promise<void>) {
  const satellite = await startSatellite({});
  try {
    const bookinfo = await startBookinfo({
      envoy: await envoyBinary,
      wasm,
      collector: { host: "127.0.0.1", port: satellite.port },
      pluginConfig: { collector: { cluster: "lightspan-collector", access_token: "the token" } },
      concurrency,
      reviewsDelayMs: DELAY_MS,
    });
    try {
      await during(bookinfo.envoys, () => body(bookinfo, satellite));
    } finally {
      await bookinfo.stop();
    }
  } finally {
    await satellite.close();
  }
}

function isWhole(trace: Trace): boolean {
  const reviews = reviewsOf(trace);
  if (reviews === undefined) return false;
  return trace.spans.length >= (reviews.calls.length > 0 ? SPANS_WITH_RATINGS : SPANS_WITHOUT_RATINGS);
}

async function wholeTraces(satellite: Satellite, count: number): Promise<Trace[]> {
  return eventually(`${count} whole traces`, () => {
    const traces = satellite.store.list();
    return traces.length >= count && traces.every(isWhole) ? traces : undefined;
  });
}

/** The workload that must have made a span, judging by the span's service and version. */
function makerOf(span: Span) {
  if (span.service === `${ingress.app}.${ingress.namespace}`)
    return { id: istioNode("router", ingress).id, version: "latest" };
  const maker = workloads.find(
    ({ app, namespace, version }) => span.service === `${app}.${namespace}` && span.version === version,
  );
  assert.ok(maker, `no workload is ${span.service} ${span.version}`);
  return { id: istioNode("sidecar", maker).id, version: maker.version };
}

function checkTags(span: Span): void {
  const maker = makerOf(span);
  assert.equal(span.tags.node_id, maker.id);
  assert.equal(span.tags.version, maker.version);
  const missing = TAGS_OF_EVERY_SPAN.filter((name) => span.tags[name] === undefined);
  assert.deepEqual(missing, [], `${span.kind} span of ${span.service} lacks tags`);
  assert.equal(span.tags["http.status_code"], "200");
  assert.equal(span.tags["response_flags"], "-");
  assert.equal(span.error, false);
}

/**
 * By how many microseconds each child lasts longer than its parent. A single child may: the callee's Envoy may note its
 * end after the caller has noted its own, depending on the scheduler. But a child begins after its parent.
 */
function longerThanParents(trace: Trace): number[] {
  return trace.spans.flatMap((span) => {
    const parent = trace.spans.find(({ spanId }) => spanId === span.parentId);
    if (parent === undefined) return [];
    assert.ok(span.startMicros >= parent.startMicros, `${span.kind} ${span.operation} begins before its parent`);
    return [span.durationMicros - parent.durationMicros];
  });
}

const spansOf = (traces: Trace[]): number => traces.reduce((sum, { spans }) => sum + spans.length, 0);

for (const concurrency of [1, 4]) {
  test(`with ${concurrency} workers every page view is one trace with exactly its spans`, async () => {
    await withBookinfo(concurrency, async ({ url, envoys }, satellite) => {
      const count = 30;
      assert.deepEqual(await viewPages(url, count, 1), []);
      const traces = await wholeTraces(satellite, count);
      assert.equal(traces.length, count);
      for (const trace of traces) {
        assert.deepEqual(faultsOf(trace), []);
        trace.spans.forEach(checkTags);
      }
      // A duration that isn't the stream's (another unit, another stream's) would exceed its parent's.
      const within = traces.flatMap(longerThanParents).filter((micros) => micros <= 0);
      assert.ok(within.length > spansOf(traces) / 2, `${within.length} children last no longer than their parents`);
      const versions = new Set(traces.map((trace) => reviewsOf(trace)?.version));
      assert.deepEqual([...versions].sort(), ["v1", "v2", "v3"]);

      const spans = spansOf(traces);
      const read = (): Promise<Record<string, number>> => account(envoys);
      await eventually("all spans to be counted as sent", read, ({ spans_recorded, spans_sent }) => {
        return spans_recorded === spans && spans_sent === spans;
      });
      const { spans_dropped, spans_buffered, traces_started, context_malformed } = await account(envoys);
      assert.deepEqual(
        { spans_dropped, spans_buffered, traces_started, context_malformed },
        { spans_dropped: 0, spans_buffered: 0, traces_started: count, context_malformed: 0 },
      );
      const { tokensSeen, reports } = satellite.counts;
      assert.deepEqual(tokensSeen, { header: reports, body: reports });
    });
  });

  test(`with ${concurrency} workers 200 page views at once do not mix`, async () => {
    await withBookinfo(concurrency, async ({ url }, satellite) => {
      const callers = Array.from({ length: 200 }, () => ({
        traceId: randomBytes(16).toString("hex"),
        spanId: randomBytes(8).toString("hex"),
      }));
      const statuses = await Promise.all(
        callers.map(async ({ traceId, spanId }) => {
          const response = await fetch(url, { headers: { b3: `${traceId}-${spanId}-1` } });
          await response.text();
          return response.status;
        }),
      );
      assert.deepEqual(new Set(statuses), new Set([200]));

      const traces = await wholeTraces(satellite, callers.length);
      assert.equal(traces.length, callers.length);
      for (const { traceId, spanId } of callers) {
        const trace = satellite.store.get(traceId);
        assert.ok(trace, `trace ${traceId} did not come`);
        const entrance = trace.spans.find(({ parentId }) => parentId === spanId);
        assert.ok(entrance, `no span of trace ${traceId} is a child of the caller's`);
        // The caller's own span isn't here. Without it, the trace must be like that of any page view.
        const own = trace.spans.map((span) => (span === entrance ? { ...span, parentId: null } : span));
        assert.deepEqual(faultsOf({ ...trace, spans: own }), []);
      }
    });
  });
}
