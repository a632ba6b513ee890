// Real Envoy refuses a configuration with a mistake in it, and our one log line says where and why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sidecar } from "../../../runner/config/mesh.ts";
import { EnvoyFailed, startEnvoy } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { envoyBinary, wasm } from "../ground.ts";

async function start(config: string) {
  const app = { host: "127.0.0.1", port: 9 };
  return startEnvoy({
    binary: await envoyBinary,
    name: "reviews-v1",
    config: sidecar({
      workload: workload("reviews-v1"),
      lightspan: { wasm, config },
      collector: app,
      inbound: { service: services.reviews, app },
    }),
  });
}

const refusals: [what: string, config: string, line: string][] = [
  [
    "an empty configuration",
    "",
    'configuration: is empty; allowed: an object, {"collector":{"cluster":"…"}} is enough',
  ],
  ["no cluster", "{}", "collector.cluster: is missing; allowed: a string that is not empty"],
  [
    "an empty cluster",
    '{"collector":{"cluster":""}}',
    'collector.cluster: found ""; allowed: a string that is not empty',
  ],
  ["text that is not JSON", "{collector}", "not JSON at byte 1: found c, expected a quoted key"],
  [
    "an unknown key",
    '{"collector":{"cluster":"x","clutser":"y"}}',
    "collector.clutser: is unknown; allowed: cluster, protocol, transport, authority, path, headers, access_token, access_token_env, timeout_ms, compression",
  ],
  [
    "an unknown section",
    '{"collector":{"cluster":"x"},"colector":{}}',
    "colector: is unknown; allowed: collector, service, propagation, sampling, span, tags, buffer, retry, log",
  ],
  [
    "a wrong type",
    '{"collector":{"cluster":"x","timeout_ms":"5s"}}',
    'collector.timeout_ms: found "5s"; allowed: an integer from 1 to 600000',
  ],
  [
    "a number out of range",
    '{"collector":{"cluster":"x"},"buffer":{"flush_spans":0}}',
    "buffer.flush_spans: found 0; allowed: an integer from 1 to 100000",
  ],
  [
    "a word that is not one of those allowed",
    '{"collector":{"cluster":"x"},"span":{"kind":"both"}}',
    'span.kind: found "both"; allowed: auto, client, server',
  ],
  [
    "a rate finer than its steps",
    '{"collector":{"cluster":"x"},"sampling":{"rate":0.00001}}',
    "sampling.rate: found 0.00001; allowed: a number from 0 to 1 in steps of 0.0001",
  ],
  [
    "a trace context format that does not exist",
    '{"collector":{"cluster":"x"},"propagation":{"extract":["b3","jaeger"]}}',
    'propagation.extract[1]: found "jaeger"; allowed: an array of one or more of b3, b3multi, tracecontext, each once',
  ],
  [
    "a token that is not a string, without showing it",
    '{"collector":{"cluster":"x","access_token":271828}}',
    "collector.access_token: found a number; allowed: a string that is not empty",
  ],
  ["an array", "[]", "configuration: found an array; allowed: an object"],
];

for (const [what, config, line] of refusals) {
  test(`${what} is refused with one line`, async () => {
    const failure = await start(config).then(
      async (envoy) => {
        await envoy.stop();
        return undefined;
      },
      (error: unknown) => error,
    );
    assert.ok(failure instanceof EnvoyFailed, `Envoy started with ${config}`);
    const lines = failure.log.split("\n").filter((each) => each.includes("configuration refused"));
    assert.ok(lines.length > 0, `no line of ours in:\n${failure.message}`);
    for (const each of lines) assert.ok(each.endsWith(`configuration refused: ${line}`), each);
    assert.ok(!failure.log.includes("271828"), "the token stands in the log");
  });
}

test("a cluster alone is enough", async () => {
  const envoy = await start('{"collector":{"cluster":"lightspan-collector"}}');
  await envoy.stop();
});
