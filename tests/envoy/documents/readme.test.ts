// Follows README.md as a reader would: puts its YAML into an Envoy of the reader's, and its JSON into that. A request's
// span then reaches the local collector, with the tag that the JSON asks for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { test } from "node:test";
import { parse } from "yaml";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { startSatellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { during, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
const [filter = "", cluster = "", ...more] = blocks("yaml");

const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, " ".repeat(by));

/** A reader's Envoy with one listener, and README's pieces in their places. */
function bootstrap(upstream: number): string {
  const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return `node: { id: one, cluster: own }
static_resources:
  listeners:
    - name: http
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/${manager}
                stat_prefix: http
                route_config:
                  virtual_hosts:
                    - { name: any, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: upstream } }] }
${indent(filter, 16)}
${indent(cluster, 2)}
    - name: upstream
      load_assignment:
        cluster_name: upstream
        endpoints:
          - lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstream} } } } }]
`;
}

/** The span of one request with these headers, in the local collector; `configuration` replaces README's first one. */
async function spanOf(headers: Record<string, string>, configuration?: string): Promise<Span> {
  const satellite = await startSatellite();
  const upstream = await listen(createServer((_, response) => response.end("ok")));
  try {
    const yaml = bootstrap(upstream.port)
      .replace("/etc/envoy/lightspan.wasm", wasm)
      .replace("port_value: 8360", `port_value: ${satellite.port}`)
      .replace(/value: '\{.*\}'/, (value) => (configuration ? `value: |\n${indent(configuration, 40)}` : value));
    const envoy = await startEnvoy({ binary: await envoyBinary, name: "own", config: parse(yaml) as Config });
    let span: Span | undefined;
    await during([envoy], async () => {
      const port = await envoy.listenerPort("http");
      request({ host: "127.0.0.1", port, headers }, (response) => response.resume()).end();
      span = await eventually("the span", () => satellite.store.list()[0]?.spans[0]);
    });
    assert.ok(span);
    return span;
  } finally {
    await upstream.close();
    await satellite.close();
  }
}

test("README has one filter and one cluster, and nothing that this test ignores", () => {
  assert.match(filter, /^http_filters:/);
  assert.match(cluster, /^clusters:/);
  assert.deepEqual(more, []);
});

test("README's filter and cluster bring a request's span to the local collector", async () => {
  const { service, kind, tags } = await spanOf({});
  assert.deepEqual([service, kind, tags.node_id], ["own", "server", "one"]);
});

test("the custom tag that README adds is on the span", async () => {
  const json = blocks("json").find((each) => each.includes("x-tenant")) ?? "";
  const { cluster } = JSON.parse(json).collector;
  const { tags } = await spanOf({ "x-tenant": "acme" }, json.replace(cluster, "lightspan-collector"));
  assert.deepEqual([tags.tenant, tags.region], ["acme", "north"]);
});
