// A flood of errors in real Envoy, with two workers: kept spans take neither the room of sampled spans while the
// collector is away, nor more than the cap allows.
import assert from "node:assert/strict";
import { Agent, createServer, request } from "node:http";
import { after, before, test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { listenerOf, startForwarder } from "../forwarder.ts";
import { account, during, listen, wasm, type Listening } from "../ground.ts";
import { reporting } from "../propagation/hops.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";

const WORKERS = 2;
const CONNECTIONS = 16;
/** Far more kept spans than a quarter of both workers' buffers holds, and fewer sampled ones than the rest of it. */
const FLOOD = 3000;
const BUFFER = { max_bytes: 524_288, flush_interval_ms: 50 };
const CAP = 20;

let upstream: Listening;
/** How many requests reached the upstream as sampled. */
let sampledUpstream = 0;
before(async () => {
  upstream = await listen(
    createServer(({ headers }, response) => {
      if (headers["x-b3-sampled"] === "1") sampledUpstream++;
      response.writeHead(500).end();
    }),
  );
});
after(() => upstream?.close());

function listenerFor(name: string, settings: Config): Config {
  const filters = [lightspanFilter({ wasm, config: reporting(settings) })];
  // Each worker gets every other connection.
  return { ...listenerOf({ name, filters }), connection_balance_config: { exact_balance: {} } };
}

/** Sends `count` requests over a few connections, and waits for their answers. */
async function flood(port: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const asked = request({ agent, host: "127.0.0.1", port, timeout: PATIENCE_MS }, (response) => {
        response.resume().on("end", resolve).on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer")));
      asked.on("error", reject).end();
    });
  let left = count;
  const keepAsking = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, keepAsking));
  agent.destroy();
}

test("kept spans leave sampled ones their room, and kept ones beyond the cap are not sampled", async () => {
  let satellite: Satellite = await startSatellite();
  const { port: collector } = satellite;
  const envoy = await startForwarder({
    name: "flood",
    listeners: [
      listenerFor("flooded", {
        sampling: { rate: 0.1, keep_errors: true },
        buffer: BUFFER,
        retry: { attempts: 100, base_ms: 500, max_ms: 500 },
      }),
      listenerFor("capped", { sampling: { rate: 1, max_traces_per_second: CAP, keep_errors: true } }),
    ],
    upstream: upstream.port,
    collector,
    concurrency: WORKERS,
  });
  const read = (): Promise<Record<string, number>> => account([envoy]);
  try {
    await during([envoy], async () => {
      await satellite.close();
      await flood(await envoy.listenerPort("flooded"), FLOOD);
      const full = await eventually("all requests to be counted", read, ({ requests, requests_open }) => {
        return requests === FLOOD && requests_open === 0;
      });
      assert.equal(full.spans_recorded, FLOOD);
      assert.equal(full.spans_kept, FLOOD - sampledUpstream);
      assert.ok((full.spans_dropped_buffer_full ?? 0) > FLOOD / 2, `${full.spans_dropped_buffer_full} dropped`);

      satellite = await startSatellite({ port: collector, maxTraces: 2 * FLOOD });
      const empty = await eventually("the buffers to be empty", read, ({ spans_buffered }) => spans_buffered === 0);
      const { spans_sent: sent = 0, spans_dropped: dropped = 0, spans_kept: kept = 0 } = empty;
      assert.equal(sent + dropped, FLOOD);
      assert.equal(dropped, empty.spans_dropped_buffer_full);
      const spans = satellite.store.list().flatMap((trace) => trace.spans);
      const arrived = spans.filter(({ tags }) => tags["sampling.kept"] === undefined);
      assert.equal(arrived.length, sampledUpstream, "every sampled span arrived");
      assert.equal(spans.length - arrived.length, kept - dropped, "only kept spans were dropped");
      // The room that errors may take is the same as before.
      await flood(await envoy.listenerPort("flooded"), 100);
      await eventually("the next spans", read, ({ requests, spans_sent }) => {
        return requests === FLOOD + 100 && spans_sent === sent + 100;
      });

      const [before, from] = [await read(), performance.now()];
      const sampledBefore = sampledUpstream;
      await flood(await envoy.listenerPort("capped"), FLOOD / 4);
      const counts = await eventually("all to be counted", read, ({ requests, requests_open }) => {
        return requests === (before.requests ?? 0) + FLOOD / 4 && requests_open === 0;
      });
      const most = WORKERS * CAP * (1 + Math.ceil((performance.now() - from) / 1000));
      const sampled = sampledUpstream - sampledBefore;
      const keptMore = (counts.spans_kept ?? 0) - (before.spans_kept ?? 0);
      const unsampled = (counts.spans_unsampled ?? 0) - (before.spans_unsampled ?? 0);
      assert.equal(sampled + keptMore + unsampled, FLOOD / 4);
      // A full bucket of each on each worker, whatever the other bucket has let through.
      for (const passed of [sampled, keptMore])
        assert.ok(passed >= WORKERS * CAP && passed <= most, `${passed} of ${most}`);
    });
  } finally {
    await satellite.close();
  }
});
