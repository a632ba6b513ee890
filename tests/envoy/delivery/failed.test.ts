// A VM that fails in real Envoy, and what the gauges say afterwards. Lightspan itself never traps, so this test builds
// a trap into its module, for requests with a body.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import binaryen from "binaryen";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { startSatellite } from "../../../satellite/server.ts";
import { listenerOf, startForwarder } from "../forwarder.ts";
import { account, during, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

const CALLBACK = "proxy_on_request_headers";

/** Lightspan's module, changed to trap if request headers don't end the stream. */
function trapping(): Uint8Array {
  const module = binaryen.readBinary(readFileSync(wasm));
  try {
    // As in build.mjs: with more features, binaryen writes code that this V8 can't read.
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

test("the spans of a failed VM are counted as lost by the VM that replaces it", async () => {
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
      // Keeps spans for a while, so that the VM has some when it fails.
      buffer: { flush_interval_ms: 300, flush_spans: 1000 },
    };
    const filter = lightspanFilter({ wasm: path, config: settings });
    const plugin = (filter.typed_config as Config).config as Config;
    delete plugin.fail_open;
    plugin.failure_policy = "FAIL_RELOAD";
    plugin.reload_config = { backoff: { base_interval: "0.05s" } };
    const envoy = await startForwarder({
      name: "failing",
      listeners: [listenerOf({ name: "in", filters: [filter] })],
      upstream: upstream.port,
      collector: satellite.port,
    });
    await during([envoy], async () => {
      const url = `http://127.0.0.1:${await envoy.listenerPort("in")}`;
      const hanging = new AbortController();
      const hung = fetch(`${url}/hang`, { signal: hanging.signal }).catch(() => undefined);
      const read = (): Promise<Record<string, number>> => account([envoy]);
      await eventually("the request that hangs to be open", read, ({ requests_open }) => requests_open === 1);
      const posted = await fetch(url, { method: "POST", body: "boom" });
      assert.equal(posted.status, 503, "the request that fails the VM");
      hanging.abort();
      await hung;
      const asked = async (): Promise<Record<string, number>> => {
        await fetch(url).then((response) => response.text());
        return account([envoy]);
      };
      const isSettled = ({ spans_dropped_vm_failed = 0 }: Record<string, number>): boolean =>
        spans_dropped_vm_failed > 0;
      const settled = await eventually("the dead VM's part to be settled", asked, isSettled);
      assert.equal(settled.spans_dropped_vm_failed, 1, "the one that hung");
      await eventually("both accounts to close, with nothing open", read, (all) => {
        const { spans_recorded = 0, spans_sent = 0, spans_dropped = 0, spans_buffered = 0 } = all;
        return spans_buffered === 0 && spans_recorded === spans_sent + spans_dropped;
      });
      const line = /a VM of this Envoy failed: 1 span of it counted as dropped/;
      await eventually("a line about it", envoy.log, (log) => line.test(log));
    });
  } finally {
    await Promise.all([upstream.close(), satellite.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
});
