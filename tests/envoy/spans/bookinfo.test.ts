// The story, on real Envoys: a page view is one trace, each call in it two spans, each with the right parent, kind, name,
// node and version, as a decoder that others wrote reads them. With one worker and with four.
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

/** The workload that must have made a span, found by what the span says of itself. */
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
 * The callee's Envoy may note its end when the caller has noted its own: by how much is the scheduler's affair. A duration
 * that is not the stream's (another unit, another stream's) is off by far more.
 */
const SCHEDULING_MICROS = 20_000;

/** Children last no longer than their parents. */
function checkDurations(trace: Trace): void {
  for (const span of trace.spans) {
    const parent = trace.spans.find(({ spanId }) => spanId === span.parentId);
    if (parent === undefined) continue;
    const longer = span.durationMicros - parent.durationMicros;
    assert.ok(longer <= SCHEDULING_MICROS, `${span.kind} ${span.operation} lasts ${longer} µs longer than its parent`);
  }
}

for (const concurrency of [1, 4]) {
  test(
    `with ${concurrency} workers every page view is one trace with exactly its spans`,
    { timeout: 120_000 },
    async () => {
      await withBookinfo(concurrency, async ({ url, envoys }, satellite) => {
        const count = 30;
        assert.deepEqual(await viewPages(url, count, 1), []);
        const traces = await wholeTraces(satellite, count);
        assert.equal(traces.length, count);
        for (const trace of traces) {
          assert.deepEqual(faultsOf(trace), []);
          trace.spans.forEach(checkTags);
          checkDurations(trace);
        }
        const versions = new Set(traces.map((trace) => reviewsOf(trace)?.version));
        assert.deepEqual([...versions].sort(), ["v1", "v2", "v3"]);

        const spans = traces.reduce((sum, trace) => sum + trace.spans.length, 0);
        await eventually("the counters to say that all spans were sent", async () => {
          const { spans_recorded, spans_sent } = await account(envoys);
          return spans_recorded === spans && spans_sent === spans ? true : undefined;
        });
        const { spans_dropped, spans_buffered, traces_started, context_malformed } = await account(envoys);
        assert.deepEqual(
          { spans_dropped, spans_buffered, traces_started, context_malformed },
          { spans_dropped: 0, spans_buffered: 0, traces_started: count, context_malformed: 0 },
        );
        const { tokensSeen, reports } = satellite.counts;
        assert.deepEqual(tokensSeen, { header: reports, body: reports });
      });
    },
  );

  test(`with ${concurrency} workers 200 page views at once mix up nothing`, async () => {
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
        // What the caller did is not ours to see: without it, the trace must be that of any page view.
        const own = trace.spans.map((span) => (span === entrance ? { ...span, parentId: null } : span));
        assert.deepEqual(faultsOf({ ...trace, spans: own }), []);
      }
    });
  });
}
