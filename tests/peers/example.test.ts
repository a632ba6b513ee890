// Runs the examples of docs/example.md, changing only their ports: one Envoy, one upstream, one real collector. Also
// checks that the document contains the whole example, line by line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Config } from "../../runner/config/bootstrap.ts";
import { startEnvoy } from "../../runner/process.ts";
import type { FormatName } from "../../satellite/store/report.ts";
import { TraceStore } from "../../satellite/store/traces.ts";
import { account, during, envoyBinary, listen } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { startOtelcol } from "./otelcol.ts";
import type { Peer } from "./peer.ts";
import { ToolMissing } from "./tools.ts";
import { visit } from "./visit.ts";
import { startZipkin } from "./zipkin.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const example = (name: string): string => readFileSync(`${root}envoy/example/${name}.yaml`, "utf8");

const backends: [format: FormatName, port: number, start: () => Promise<Peer>][] = [
  ["otlp", 4318, startOtelcol],
  ["zipkin", 9411, startZipkin],
];

for (const [format, port, start] of backends) {
  // The first run may build or download the collector.
  test(`example/${format}.yaml sends a request's span to a real collector`, { timeout: 600_000 }, async (context) => {
    const peer = await start().catch((error: unknown) => {
      if (!(error instanceof ToolMissing)) throw error;
      console.error(`skipped: example/${format}.yaml: ${error.message}`);
      context.skip(error.message);
    });
    if (peer === undefined) return;
    const upstream = await listen(createServer((_, response) => response.end("ok")));
    try {
      const config = atPorts(example(format), {
        10000: 0,
        8000: upstream.port,
        [port]: peer.portOf(format, "http") ?? 0,
      });
      const envoy = await startEnvoy({ binary: await envoyBinary, name: format, config });
      await during([envoy], async () => {
        const { traceId, spanId } = await visit(`http://127.0.0.1:${await envoy.listenerPort("inbound")}/`);
        const span = await eventually(`the span of trace ${traceId}`, async () => {
          const store = new TraceStore();
          for (const report of await peer.received()) store.add(report);
          return store.get(traceId)?.spans[0];
        });
        assert.equal(span.parentId, spanId);
        assert.equal(span.service, "my-service");
        assert.equal(span.kind, "server");
        assert.equal(span.tags.node_id, "my-envoy-1");
        assert.equal(span.tags["http.status_code"], "200");
        assert.equal((await account([envoy])).spans_dropped, 0);
      });
    } finally {
      await upstream.close();
      await peer.stop();
    }
  });
}

test("docs/example.md explains every line of the example, in order, and says how many there are", () => {
  const text = readFileSync(`${root}docs/example.md`, "utf8");
  assert.ok(text.includes(`${example("otlp").trim().split("\n").length} lines: [`));
  const shown = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml).join("");
  // Each part is unindented.
  const lines = (yaml: string): string[] => yaml.split("\n").map((line) => line.trim());
  assert.deepEqual(lines(shown), lines(example("otlp")));
});

test("the two examples differ only in the collector", () => {
  const lines = example("zipkin").split("\n");
  const different = example("otlp")
    .split("\n")
    .filter((line, index) => line !== lines[index]);
  assert.equal(different.length, 2, different.join("\n"));
});

/**
 * A configuration with other ports, a named listener, and an absolute path to the module, because Envoy runs elsewhere.
 */
function atPorts(yaml: string, ports: Record<number, number>): Config {
  const moved = yaml
    .replace(/port_value: (\d+)/g, (_, port: string) => `port_value: ${ports[Number(port)]}`)
    .replace("- traffic_direction", "- name: inbound\n      traffic_direction")
    .replace("filename: build/", `filename: ${root}build/`);
  return parse(moved) as Config;
}
