// What OTLP says of W3C trace context, beside Envoy's own OpenTelemetry tracer: both see the same requests in the same
// Envoy, and their reports are read with OpenTelemetry's own definitions.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { test } from "node:test";
import { collectorCluster, inboundListener, sidecar } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { during, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

const generated = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const { ExportTraceServiceRequest } = generated.opentelemetry.proto.collector.trace.v1;

interface Told {
  traceState: string;
  flags: number;
}

const NATIVE = "/native";
const OURS = "/v1/traces";

test("trace_state is what Envoy's own tracer reports, and flags say more", async () => {
  /** By path and trace id. */
  const spans = new Map<string, Told>();
  const app = await listen(createServer((request, response) => response.end(request.method)));
  const collector = await listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        for (const { scopeSpans } of ExportTraceServiceRequest.decode(Buffer.concat(chunks)).resourceSpans)
          for (const { traceId, traceState, flags } of scopeSpans[0].spans)
            spans.set(`${request.url} ${Buffer.from(traceId).toString("hex")}`, {
              traceState: traceState ?? "",
              flags: flags ?? 0,
            });
        response.end();
      });
    }),
  );
  const envoy = await startEnvoy({
    binary: await envoyBinary,
    name: "reviews-v3",
    config: sidecar({
      workload: workload("reviews-v3"),
      lightspan: {
        wasm,
        config: { collector: { cluster: collectorCluster, protocol: "otlp" }, buffer: { flush_interval_ms: 50 } },
      },
      inbound: { service: services.reviews, app },
      collector,
      connectionManager: {
        tracing: {
          provider: {
            name: "envoy.tracers.opentelemetry",
            typed_config: {
              "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
              http_service: {
                http_uri: { uri: `http://collector${NATIVE}`, cluster: collectorCluster, timeout: "5s" },
              },
            },
          },
        },
      },
    }),
  });
  try {
    await during([envoy], async () => {
      const url = `http://127.0.0.1:${await envoy.listenerPort(inboundListener)}/`;
      const told = async (path: string, traceId: string) => eventually(path, () => spans.get(`${path} ${traceId}`));
      const states: [name: string, state: string, flags: string, ours: number][] = [
        ["none", "", "01", 0x301],
        ["one", "ot=th:8,rojo=00f067aa0ba902b7", "01", 0x301],
        ["random", "a=1", "03", 0x303],
      ];
      const traceIdOf = (index: number) => `463ac35c9f6413ad48485a3953bb612${index}`;
      for (const [index, [, state, flags]] of states.entries()) {
        const headers: Record<string, string> = { traceparent: `00-${traceIdOf(index)}-a2fb4a1d1a96d312-${flags}` };
        if (state !== "") headers.tracestate = state;
        await (await fetch(url, { headers })).text();
      }
      for (const [index, [name, state, , ours]] of states.entries()) {
        assert.equal((await told(NATIVE, traceIdOf(index))).traceState, state, `Envoy's own: ${name}`);
        assert.deepEqual(await told(OURS, traceIdOf(index)), { traceState: state, flags: ours }, name);
      }
    });
  } finally {
    await app.close();
    await collector.close();
  }
});
