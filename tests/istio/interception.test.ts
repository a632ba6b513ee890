// A pod as Kubernetes would have it: Istio's own iptables rules send every connection through the proxy, and the application
// knows nothing of it. Needs root, iptables and a network namespace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { onPath, run } from "../../envoy/command.ts";
import { operationOf } from "../../envoy/config/service.ts";
import { services } from "../../envoy/bookinfo/topology.ts";
import type { PodReport } from "./pod.ts";

const pod = fileURLToPath(new URL("pod.ts", import.meta.url));

function missing(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  const tools = ["iptables", "ip", "unshare", "setpriv"].filter((name) => onPath(name, process.env) === undefined);
  return tools.length > 0 && `needs ${tools.join(", ")}`;
}

test(
  "behind Istio's iptables rules a call to a service gives a client and a server span",
  { skip: missing(), timeout: 120_000 },
  async () => {
    const inside = [process.execPath, "--import", "tsx", pod];
    const { code, output } = await run("unshare", ["--net", ...inside], process.env);
    assert.equal(code, 0, output);
    const report = JSON.parse(output.slice(output.indexOf('{"status"'))) as PodReport;

    assert.equal(report.status, 200, output);
    assert.equal(report.peer, "127.0.0.6", "the application's connection did not come from the proxy");
    const client = report.spans.find(({ kind }) => kind === "client");
    const server = report.spans.find(({ kind }) => kind === "server");
    assert.equal(report.spans.length, 2, JSON.stringify(report.spans));
    assert.equal(client?.parentId, null);
    assert.equal(server?.parentId, client?.spanId);
    assert.equal(server?.traceId, client?.traceId);
    for (const span of [client, server]) assert.equal(span?.operation, operationOf(services.productpage));
    assert.equal(
      report.headers["x-b3-spanid"],
      server?.spanId,
      "the application's headers are not those of the server span",
    );
    for (const { direction, filters } of report.managers) {
      assert.deepEqual(filters.slice(-2), ["lightspan", "envoy.filters.http.router"], direction);
    }
    assert.deepEqual([...new Set(report.managers.map(({ direction }) => direction))].sort(), ["INBOUND", "OUTBOUND"]);
  },
);
