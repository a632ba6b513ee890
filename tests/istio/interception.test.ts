// A pod as in Kubernetes: Istio's own iptables rules send every connection through the proxy without the application's
// knowledge, a Sidecar hides all but its namespace and the collector, and spans go to Lightstep's public name over TLS.
// Needs root, iptables and namespaces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { onPath, run } from "../../runner/command.ts";
import { operationOf } from "../../runner/config/service.ts";
import { services } from "../../demo/topology.ts";
import type { PodReport } from "./pod.ts";

const pod = fileURLToPath(new URL("pod.ts", import.meta.url));

async function missing(): Promise<string | false> {
  if (process.getuid?.() !== 0) return "needs root";
  const tools = ["iptables", "ip", "mount", "unshare", "setpriv"].filter(
    (name) => onPath(name, process.env) === undefined,
  );
  if (tools.length > 0) return `needs ${tools.join(", ")}`;
  // Root in a container may be allowed neither.
  const { code, output } = await run("unshare", ["--net", "--mount", "iptables", "-t", "nat", "-L"], process.env);
  return code !== 0 && `needs a network namespace with iptables: ${output.trim().split("\n")[0]}`;
}

/** The result of one pod that trusts this authority's certificates. */
async function runPod(authority: string): Promise<PodReport> {
  const inside = [process.execPath, "--import", "tsx", pod, authority];
  const { code, output } = await run("unshare", ["--net", "--mount", ...inside], process.env);
  assert.equal(code, 0, output);
  return JSON.parse(output.slice(output.indexOf('{"status"'))) as PodReport;
}

const options = { skip: await missing() };

test(
  "behind Istio's iptables rules a call makes a client and a server span, which reach Lightstep's endpoint over TLS",
  options,
  async () => {
    const report = await runPod("collector.pem");
    assert.equal(report.status, 200);
    assert.equal(report.peer, "127.0.0.6", "the application's connection did not come from the proxy");
    const client = report.spans.find(({ kind }) => kind === "client");
    const server = report.spans.find(({ kind }) => kind === "server");
    assert.equal(report.spans.length, 2, JSON.stringify(report));
    assert.ok(report.reports > 0);
    assert.equal(report.withToken, report.reports, "reports without the token");
    assert.equal(client?.parentId, null);
    assert.equal(server?.parentId, client?.spanId);
    assert.equal(server?.traceId, client?.traceId);
    for (const span of [client, server])
      assert.equal(span?.operation, operationOf({ ...services.productpage, port: 80 }));
    assert.equal(
      report.headers["x-b3-spanid"],
      server?.spanId,
      "the application got other headers than the server span's",
    );
    for (const { direction, filters } of report.managers) {
      assert.equal(filters[0], "lightspan", direction);
    }
    assert.deepEqual([...new Set(report.managers.map(({ direction }) => direction))].sort(), ["INBOUND", "OUTBOUND"]);
  },
);

test("an endpoint with an untrusted certificate gets no span, and the call is answered", options, async () => {
  const { status, spans, retried } = await runPod("ca.pem");
  assert.equal(status, 200);
  assert.deepEqual(spans, []);
  assert.ok(retried > 2);
});
