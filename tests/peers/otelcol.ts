// An OpenTelemetry Collector that takes OTLP and Zipkin and writes what it understood with its file exporter. Knows its
// configuration, its log and the framing of that file.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeOtlp } from "../../satellite/receive/otlp.ts";
import type { Report } from "../../satellite/store/report.ts";
import { freePort } from "./freePort.ts";
import { goProgram } from "./go/build.ts";
import type { Peer } from "./peer.ts";
import { startProgram } from "./program.ts";

export async function startOtelcol(): Promise<Peer> {
  const binary = await goProgram("otelcol");
  const folder = mkdtempSync(join(tmpdir(), "lightspan-otelcol-"));
  const file = join(folder, "spans");
  // Unlike the OTLP receiver, its Zipkin receiver does not log its port.
  const zipkin = await freePort();
  const config = join(folder, "config.yaml");
  writeFileSync(config, JSON.stringify(configuration(zipkin, file)));
  const ports: { grpc?: number; http?: number } = {};
  const program = await startProgram([binary, "--config", config], {}, (line) => {
    const [, server, port] = /Starting (GRPC|HTTP) server.*"endpoint": "127\.0\.0\.1:(\d+)"/.exec(line) ?? [];
    if (server !== undefined) ports[server === "GRPC" ? "grpc" : "http"] = Number(port);
    return line.includes("Everything is ready") ? true : undefined;
  });
  return {
    portOf(format, transport) {
      if (format === "otlp") return ports[transport];
      return format === "zipkin" && transport === "http" ? zipkin : undefined;
    },
    received: () => Promise.resolve(existsSync(file) ? readSpans(readFileSync(file)) : []),
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As JSON, which is valid YAML. */
function configuration(zipkin: number, path: string): object {
  const endpoint = "127.0.0.1:0";
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint }, http: { endpoint } } },
      zipkin: { endpoint: `127.0.0.1:${zipkin}` },
    },
    exporters: { file: { path, format: "proto" } },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: { traces: { receivers: ["otlp", "zipkin"], exporters: ["file"] } },
    },
  };
}

/** The file exporter writes a four-byte size, then a TracesData, which is encoded like a request. */
function readSpans(file: Buffer): Report[] {
  const reports: Report[] = [];
  for (let at = 0; at + 4 <= file.length;) {
    const size = file.readUInt32BE(at);
    // The last one may not be completely written yet.
    if (at + 4 + size > file.length) break;
    reports.push(...decodeOtlp(file.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return reports;
}
