// docs/troubleshooting.md tells readers which words to look for in Envoy's log. Envoy really writes them: here it runs
// the smallest example with one mistake in it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "node:http";
import { after, describe, it } from "node:test";
import { run } from "../../../runner/command.ts";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { startSatellite } from "../../../satellite/server.ts";
import { limitMemory } from "../../host/limit.ts";
import { listenerOf, startForwarder } from "../forwarder.ts";
import { account, during, envoyBinary, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";
import { reporting } from "../propagation/hops.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const document = read("docs/troubleshooting.md");
const folder = mkdtempSync(join(tmpdir(), "lightspan-troubleshooting-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const noModule = join(folder, "lightspan.wasm");
writeFileSync(noModule, "<html>404</html>");

describe("Envoy's log has the words of docs/troubleshooting.md if", () => {
  for (const [what, change, words] of [
    [
      "a configuration is refused",
      (yaml: string) => yaml.replace('"protocol"', '"protcol"'),
      "configuration refused: ",
    ],
    ["there is no file", (yaml: string) => yaml.replace(wasm, `${wasm}.nowhere`), "Invalid path: "],
    ["the file is not a module", (yaml: string) => yaml.replace(wasm, noModule), "Failed to load Wasm code"],
  ] as const) {
    it(what, async () => {
      assert.ok(document.includes(`\`${words.trim()}`), "the document does not say so");
      const file = join(folder, "envoy.yaml");
      writeFileSync(file, change(read("envoy/example/otlp.yaml").replace("build/lightspan.wasm", wasm)));
      const { output } = await run(await envoyBinary, ["--mode", "validate", "-c", file], process.env);
      assert.ok(output.includes(words), output);
    });
  }
});

/** One request with headers of this size uses up the memory that the configured module has left. */
const LARGE = 4_000_000;
const PAGES = 16;

/** An Envoy with a module whose memory cannot grow beyond 1 MiB; `more` are fields of its plugin's configuration. */
async function startLimited(name: string, collector: number, more: Config): Promise<EnvoyProcess> {
  const module = join(folder, "limited.wasm");
  writeFileSync(module, limitMemory(readFileSync(wasm), PAGES));
  const filter = lightspanFilter({ wasm: module, config: reporting({}) });
  const plugin = (filter.typed_config as { config: Config }).config;
  delete plugin.fail_open;
  Object.assign(plugin, more);
  const direct = { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "ok" } } };
  const listener = listenerOf({
    name: "in",
    filters: [filter],
    routes: [direct],
    connectionManager: { max_request_headers_kb: 8192 },
  });
  return startForwarder({ name, listeners: [listener], collector });
}

/** The status of a request with a header of `size` bytes. */
function ask(port: number, size: number): Promise<number | undefined> {
  const headers = { "x-large": "x".repeat(size), connection: "close" };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("error", reject)
      .end();
  });
}

describe("a VM whose memory cannot grow", () => {
  const words = ["this VM fails: out of memory", "failed: Uncaught RuntimeError"];

  for (const [policy, more, failing] of [
    ["fail_open: true", { fail_open: true }, 200],
    ["failure_policy: FAIL_RELOAD", { failure_policy: "FAIL_RELOAD" }, 503],
  ] as const) {
    it(`says so in the words of docs/troubleshooting.md, and then behaves as it says for ${policy}`, async () => {
      for (const word of [...words, policy]) assert.ok(document.includes(`\`${word}`), word);
      const satellite = await startSatellite();
      const envoy = await startLimited(`limited-${failing}`, satellite.port, more);
      await during([envoy], async () => {
        const port = await envoy.listenerPort("in");
        const requests = async (): Promise<number> => (await account([envoy])).requests ?? 0;
        assert.equal(await ask(port, 1), 200);
        await eventually("the first request to be counted", requests, (count) => count === 1);
        assert.equal(await ask(port, LARGE), failing);
        for (const word of words) await eventually(`the words ${word}`, envoy.log, (log) => log.includes(word));
        if (failing === 200) {
          // Requests continue, and the failed VM sees none of them.
          for (let i = 0; i < 20; i++) assert.equal(await ask(port, 1), 200);
          assert.equal(await requests(), 1);
          return;
        }
        await eventually(
          "a new VM",
          () => ask(port, 1),
          (status) => status === 200,
        );
        await eventually("it to trace", requests, (count) => count > 1);
      }).finally(() => satellite.close());
    });
  }
});
