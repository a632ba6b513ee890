// Every fenced block of JSON in README.md and docs/ is a configuration of Lightspan, whole or in part. Each is given to
// the real module in real Envoy, so what the documents show works. (Other JSON is fenced as text or jsonc.)
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { EnvoyFailed } from "../../../runner/process.ts";
import { blocks, environment } from "./documents.ts";
import { startHops } from "../propagation/hops.ts";

/** Starts an Envoy with this configuration, and a collector in it if it names none. */
async function load(json: string): Promise<void> {
  const settings = JSON.parse(json) as Config & { collector?: Config };
  const collector = { cluster: collectorCluster, ...settings.collector };
  const envoy = await startHops({
    name: "documents",
    hops: [{ name: "in", direction: "INBOUND", settings: { ...settings, collector }, environment }],
    upstream: 9,
    collector: 9,
  });
  await envoy.stop();
}

test("there are configurations in the documents", () => {
  assert.ok(blocks.some(({ place }) => place.startsWith("README.md")));
  assert.ok(blocks.filter(({ place }) => place.startsWith("docs/propagation.md")).length >= 5);
});

test("a mistake in a configuration would be noticed", async () => {
  await assert.rejects(load('{ "propagation": { "injekt": ["b3"] } }'), EnvoyFailed);
});

for (const { place, json } of blocks) test(`the configuration in ${place} is accepted`, () => load(json));
