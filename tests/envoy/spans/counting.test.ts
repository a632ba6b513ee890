// What a backend counts from sampled spans, with the module's own random source in real Envoy: 20,000 requests at 5 %.
// tests/unit/module/request/counting.test.ts counts more of them, with rules, kept spans and a cap.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { saturate } from "../../../bench/load/closed.ts";
import { openHttp1 } from "../../../bench/load/http1.ts";
import { boundOf, estimate, probabilityOf, randomnessOf, thresholdOf } from "../../otlp.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { during, listen } from "../ground.ts";
import { settled, startHops } from "../propagation/hops.ts";
import { startReceiver } from "../receiver.ts";

const REQUESTS = 20_000;
const RATE = 0.05;
const CONNECTIONS = 8;

test(`the spans of ${REQUESTS} requests at ${RATE} estimate how many there were`, async () => {
  /** Random bits of all requests, by what the upstream gets: whether it is sampled, and the end of the trace id. */
  const all: { sampled: boolean; randomness: bigint }[] = [];
  const upstream = await listen(
    createServer(({ headers }, response) => {
      const [, traceId = "", , flags = ""] = String(headers.traceparent).split("-");
      all.push({ sampled: (Number(flags) & 1) === 1, randomness: randomnessOf({ traceId, traceState: "" }) });
      response.end("ok");
    }),
  );
  const collector = await startReceiver();
  const envoy = await startHops({
    name: "counting",
    hops: [
      {
        name: "in",
        direction: "INBOUND",
        settings: {
          collector: { cluster: collectorCluster, protocol: "otlp" },
          propagation: { inject: ["b3multi", "tracecontext"] },
          sampling: { rate: RATE, tracestate: true },
        },
      },
    ],
    upstream: upstream.port,
    collector: collector.port,
  });
  try {
    await during([envoy], async () => {
      const port = await envoy.listenerPort("in");
      const connections = await openHttp1({ port, protocol: "http1", streams: CONNECTIONS, headers: {} });
      const { failures } = await saturate(connections.slots, { requests: REQUESTS, ms: 600_000 });
      connections.close();
      assert.equal(failures, 0);
      await settled([envoy], REQUESTS);
    });
    const { spans } = collector;
    const threshold = thresholdOf(spans[0] ?? { traceState: "" });
    assert.ok(threshold !== undefined && Math.abs(probabilityOf(threshold) - RATE) < 1e-12);
    assert.deepEqual([...new Set(spans.map(({ traceState }) => traceState))], [spans[0]?.traceState]);
    assert.equal(all.length, REQUESTS);
    for (const { sampled, randomness } of all) assert.equal(sampled, randomness >= threshold);
    assert.equal(spans.length, all.filter(({ sampled }) => sampled).length);
    const error = estimate(spans) - REQUESTS;
    assert.ok(Math.abs(error) <= boundOf(REQUESTS, RATE), `off by ${error}`);
  } finally {
    await Promise.all([upstream.close(), collector.close()]);
  }
});
