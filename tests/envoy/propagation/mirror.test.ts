// Mirrored requests in real Envoy: the mirror's trace headers, and what the policy of docs/propagation.md changes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { parse } from "yaml";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { startSatellite } from "../../../satellite/server.ts";
import { listenerOf, startForwarder, toUpstream } from "../forwarder.ts";
import { during, listen, wasm, type Listening } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";
import { reporting, settled } from "./hops.ts";

/** The policy in the document. */
const documented = ((): Config => {
  const text = readFileSync(new URL("../../../docs/propagation.md", import.meta.url), "utf8");
  const block = /## Mirrored requests\n.*?```yaml\n(.*?)```/s.exec(text)?.[1];
  assert.ok(block !== undefined, "docs/propagation.md shows no policy");
  const { request_mirror_policies } = parse(block) as { request_mirror_policies: [Config] };
  return request_mirror_policies[0];
})();

interface Upstream extends Listening {
  /** The headers of the request to `path`. */
  at(path: string): Promise<IncomingHttpHeaders>;
}

async function startUpstream(): Promise<Upstream> {
  const got = new Map<string, IncomingHttpHeaders>();
  const server = createServer((request, response) => {
    got.set(request.url ?? "", request.headers);
    request.resume().on("end", () => response.end("ok"));
  });
  const listening = await listen(server);
  return { ...listening, at: (path) => eventually(`a request to ${path}`, () => got.get(path)) };
}

function mirrored(prefix: string, policy: Config): Config {
  const request_mirror_policies = [{ ...policy, cluster: "mirror" }];
  return { match: { prefix }, route: { ...toUpstream, request_mirror_policies } };
}

/** The trace headers among them. */
function traceOf(headers: IncomingHttpHeaders): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(all.filter(([name]) => /^(x-)?b3|^trace/.test(name)));
}

test("a mirror gets the trace headers of the request, and b3: 0 of the policy ends the trace there", async () => {
  const [upstream, mirror, satellite] = [await startUpstream(), await startUpstream(), await startSatellite()];
  try {
    const routes = [
      mirrored("/unsampled", { trace_sampled: false }),
      mirrored("/documented", documented),
      mirrored("/", {}),
    ];
    const writing = reporting({ propagation: { inject: ["b3multi", "tracecontext"] } });
    const toMirror = { match: { prefix: "/" }, route: { cluster: "mirror", timeout: "0s" } };
    const listeners = [
      listenerOf({ name: "out", direction: "OUTBOUND", routes, filters: [lightspanFilter({ wasm, config: writing })] }),
      listenerOf({ name: "in", routes: [toMirror], filters: [lightspanFilter({ wasm, config: reporting({}) })] }),
    ];
    const ports = { upstream: upstream.port, collector: satellite.port };
    const envoy = await startForwarder({
      name: "mirror",
      listeners,
      clusters: [cluster("mirror", [mirror])],
      ...ports,
    });
    await during([envoy], async () => {
      const get = async (listener: string, path: string, headers = {}): Promise<void> => {
        const url = `http://127.0.0.1:${await envoy.listenerPort(listener)}${path}`;
        const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
        assert.equal(response.status, 200);
        await response.arrayBuffer();
      };
      for (const path of ["/plain", "/unsampled", "/documented"]) await get("out", path);
      // One span for each: the filter does not see the mirror.
      assert.equal((await settled([envoy], 3)).requests, 3);

      for (const path of ["/plain", "/unsampled"]) {
        const sent = traceOf(await upstream.at(path));
        assert.equal(sent["x-b3-sampled"], "1");
        assert.match(sent.traceparent ?? "", new RegExp(`${sent["x-b3-spanid"]}-..$`));
        assert.deepEqual(traceOf(await mirror.at(path)), sent, path);
      }
      const sent = traceOf(await upstream.at("/documented"));
      const copied = traceOf(await mirror.at("/documented"));
      assert.equal(sent.b3, undefined);
      assert.deepEqual(copied, { ...sent, b3: "0" });

      // The mirror's own sidecar follows what it received.
      await get("in", "/followed", traceOf(await mirror.at("/plain")));
      await get("in", "/denied", copied);
      const counts = await settled([envoy], 5);
      assert.deepEqual([counts.spans_recorded, counts.spans_unsampled], [4, 1]);
    });
  } finally {
    await Promise.all([upstream.close(), mirror.close(), satellite.close()]);
  }
});
