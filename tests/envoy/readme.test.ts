// The YAML that the documents show, put into a whole configuration as a reader would, and validated by the real Envoy.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { envoyBinary, wasm } from "./ground.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = ""]) => yaml);

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}

/** A bootstrap with one listener, whose connection manager has the given `http_filters`. */
function bootstrap(filters: string): string {
  const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return `static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/${manager}
                stat_prefix: http
                route_config: { virtual_hosts: [{ name: any, domains: ["*"], routes: [] }] }
${indent(filters, 16)}
  clusters:
    - name: lightspan-collector
      load_assignment: { cluster_name: lightspan-collector }
`;
}

test("README shows YAML", () => assert.ok(blocks.length > 0));

for (const [index, yaml] of blocks.entries()) {
  test(`block ${index + 1} of README's YAML is what Envoy takes`, { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lightspan-readme-"));
    try {
      const file = join(folder, "envoy.yaml");
      writeFileSync(file, bootstrap(yaml.replace("/etc/envoy/lightspan.wasm", wasm)));
      const done = spawnSync(await envoyBinary, ["--mode", "validate", "-c", file], { encoding: "utf8" });
      assert.equal(done.status, 0, done.stderr);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
