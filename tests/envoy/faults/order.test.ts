// No request waits for a collector. The order of events shows it: requests are sent and answered one after the other,
// while the collector still holds back its answer to the span of the first one.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { cluster } from "../../../runner/config/cluster.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { eventually } from "../../wait.ts";
import { accept } from "../collector/fault.ts";
import { Gate } from "../collector/gate.ts";
import { setScene, type Scene, type SceneOptions } from "./scene.ts";
import { startUnreachable } from "./unreachable.ts";
import { assertAccount, readAccount, settled } from "./verdict.ts";

const REQUESTS = 50;

/** Sends one request and waits for its whole answer. */
async function ask(port: number): Promise<void> {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request({ host: "127.0.0.1", port }, (response) => response.resume().on("end", () => resolve(response.statusCode)))
      .on("error", reject)
      .end();
  });
  assert.equal(status, 200);
}

async function inScene(options: SceneOptions, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await setScene(options);
  try {
    await body(scene);
  } finally {
    await scene.stop();
  }
}

const WAYS: Record<string, SceneOptions> = {
  Lightstep: {},
  OTLP: { config: { collector: { protocol: "otlp" } } },
  Zipkin: { config: { collector: { protocol: "zipkin" } } },
  "OTLP over gRPC": { grpc: true, config: { collector: { protocol: "otlp", transport: "grpc" } } },
  "Lightstep, of requests over HTTP/3": { http3: true },
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`requests are answered while the collector holds its answer back: ${way}`, () =>
    inScene(options, async ({ envoy, port, collector }) => {
      const { receipts } = collector.ledger;
      const held = new Gate();
      collector.behave({ kind: "accept", after: () => held.opened }, accept);
      await ask(port);
      await eventually("the first report", () => receipts[0]);
      for (let i = 0; i < REQUESTS; i++) await ask(port);
      assert.equal(receipts.length, 1);
      assert.equal(receipts[0]?.outcome, undefined, "the collector still holds its answer back");
      held.open();
      const account = await settled(envoy, REQUESTS + 1);
      assertAccount(account, REQUESTS + 1, collector.ledger.totals());
      assert.equal(account.sent, REQUESTS + 1, "the spans of those requests were sent after that");
    }));
}

test("requests are answered while the connection to the collector hangs", async () => {
  const unreachable = await startUnreachable();
  const options = {
    collectorCluster: () => ({
      ...cluster(collectorCluster, [{ host: "127.0.0.1", port: unreachable.port }]),
      connect_timeout: "3600s",
    }),
  };
  try {
    await inScene(options, async ({ envoy, port }) => {
      const waiting = async (): Promise<number> => {
        const name = `cluster.${collectorCluster}.upstream_rq_pending_active`;
        return (await envoy.stats(name)).get(name) ?? 0;
      };
      await ask(port);
      await eventually("the report to wait for its connection", waiting, (count) => count === 1);
      for (let i = 0; i < REQUESTS; i++) await ask(port);
      assert.equal(await waiting(), 1, "it still waits");
      const { sent, dropped } = await readAccount(envoy);
      assert.deepEqual([sent, dropped], [0, 0]);
    });
  } finally {
    unreachable.stop();
  }
});
