// A VM that fails in real Envoy, and what the gauges say afterwards. Lightspan itself never traps: here a trap is built into its
// module, for requests that bring a body.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import binaryen from "binaryen";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { startSatellite } from "../../../satellite/server.ts";
import { account, during, envoyBinary, eventually, listen, wasm } from "../ground.ts";

const CALLBACK = "proxy_on_request_headers";

/** Lightspan's module, but that it traps where request headers are not the end of the stream. */
function trapping(): Uint8Array {
  const module = binaryen.readBinary(readFileSync(wasm));
  try {
    // As build.mjs: with more, binaryen writes what this V8 does not read.
    const { MVP, MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt } = binaryen.Features;
    module.setFeatures(MVP | MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt);
    const { i32 } = binaryen;
    const original = binaryen.getExportInfo(module.getExport(CALLBACK)).value;
    const parameters = [0, 1, 2].map((index) => module.local.get(index, i32));
    const trap = module.if(module.i32.eqz(module.local.get(2, i32)), module.unreachable());
    const body = module.block(null, [trap, module.return(module.call(original, parameters, i32))]);
    module.addFunction("trapping", binaryen.createType([i32, i32, i32]), i32, [], body);
    module.removeExport(CALLBACK);
    module.addFunctionExport("trapping", CALLBACK);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

test("what a failed VM had is counted as lost, by the VM that takes its place", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-failed-"));
  const path = join(folder, "trapping.wasm");
  writeFileSync(path, trapping());
  const upstream = await listen(
    createServer((request, response) => {
      request.resume();
      if (request.url !== "/hang") response.end("hello");
    }),
  );
  const satellite = await startSatellite();
  try {
    const settings = {
      collector: { cluster: collectorCluster },
      // Nothing is sent for a while, so that the VM has something when it fails.
      buffer: { flush_interval_ms: 300, flush_spans: 1000 },
    };
    const filter = lightspanFilter({ wasm: path, config: settings });
    const plugin = (filter.typed_config as Config).config as Config;
    delete plugin.fail_open;
    plugin.failure_policy = "FAIL_RELOAD";
    plugin.reload_config = { backoff: { base_interval: "0.05s" } };
    const listener = httpListener({
      name: "in",
      address: "127.0.0.1",
      port: 0,
      direction: "INBOUND",
      routeName: "all",
      virtualHosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "upstream" } }] },
      ],
      filters: [filter],
    });
    const clusters = [
      cluster("upstream", [upstream]),
      cluster(collectorCluster, [{ host: "127.0.0.1", port: satellite.port }]),
    ];
    const envoy = await startEnvoy({
      binary: await envoyBinary,
      name: "failing",
      config: bootstrap({ id: "failing", cluster: "tests" }, [listener], clusters),
    });
    await during([envoy], async () => {
      const url = `http://127.0.0.1:${await envoy.listenerPort("in")}`;
      const hanging = new AbortController();
      const hung = fetch(`${url}/hang`, { signal: hanging.signal }).catch(() => undefined);
      await eventually("the request that hangs to be open", async () =>
        (await account([envoy])).requests_open === 1 ? true : undefined,
      );
      const posted = await fetch(url, { method: "POST", body: "boom" });
      assert.equal(posted.status, 503, "the request that fails the VM");
      hanging.abort();
      await hung;
      const settled = await eventually(
        "the dead VM's part to be settled",
        async () => {
          await fetch(url).then((response) => response.text());
          const counts = await account([envoy]);
          return (counts.spans_dropped_vm_failed ?? 0) > 0 ? counts : undefined;
        },
        60_000,
      );
      assert.equal(settled.spans_dropped_vm_failed, 1, "the one that hung");
      await eventually("both accounts to close, with nothing open", async () => {
        const all = await account([envoy]);
        const { spans_recorded = 0, spans_sent = 0, spans_dropped = 0, spans_buffered = 0 } = all;
        return spans_buffered === 0 && spans_recorded === spans_sent + spans_dropped ? true : undefined;
      });
      assert.match(envoy.log(), /a VM of this Envoy failed: 1 span of it counted as dropped/);
    });
  } finally {
    await Promise.all([upstream.close(), satellite.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
});
