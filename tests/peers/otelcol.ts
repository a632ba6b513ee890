// An OpenTelemetry Collector that takes OTLP and Zipkin and writes what comes out of each pipeline with its file exporter.
// Knows its configuration, its log and the framing of those files.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeOtlp } from "../../satellite/receive/otlp.ts";
import type { Report } from "../../satellite/store/report.ts";
import { freePort } from "./freePort.ts";
import { readOtlp, type OtlpSpan } from "../otlp.ts";
import { goProgram } from "./go/build.ts";
import type { Peer } from "./peer.ts";
import { startProgram } from "./program.ts";

/** Processors by name, and those of each pipeline. All pipelines get everything that arrives. */
export interface Processing {
  processors: Record<string, object>;
  pipelines: Record<string, string[]>;
}

export interface Otelcol extends Peer {
  /** Ends it, so that everything that came out of a pipeline is written. */
  end(): Promise<void>;
  /** What came out of a pipeline, as far as it is written. */
  spansOf(pipeline: string): OtlpSpan[];
}

/** The pipeline without processors. */
const WHOLE = "traces";

export async function startOtelcol(processing: Processing = { processors: {}, pipelines: {} }): Promise<Otelcol> {
  const binary = await goProgram("otelcol");
  const folder = mkdtempSync(join(tmpdir(), "lightspan-otelcol-"));
  const fileOf = (pipeline: string): string => join(folder, pipeline.replace("/", "-"));
  const messagesOf = (pipeline: string): Buffer[] =>
    existsSync(fileOf(pipeline)) ? messagesIn(readFileSync(fileOf(pipeline))) : [];
  // Unlike the OTLP receiver, its Zipkin receiver does not log its port.
  const zipkin = await freePort();
  const config = join(folder, "config.yaml");
  writeFileSync(config, JSON.stringify(configuration(zipkin, processing, fileOf)));
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
    received: () => Promise.resolve(messagesOf(WHOLE).flatMap((message): Report[] => decodeOtlp(message))),
    end: () => program.stop(),
    spansOf: (pipeline) => messagesOf(pipeline).flatMap(readOtlp),
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As JSON, which is valid YAML. */
function configuration(zipkin: number, processing: Processing, fileOf: (pipeline: string) => string): object {
  const endpoint = "127.0.0.1:0";
  const pipelines = Object.entries({ [WHOLE]: [], ...processing.pipelines });
  const exporterOf = (pipeline: string): string => `file/${pipeline.replace("/", "-")}`;
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint }, http: { endpoint } } },
      zipkin: { endpoint: `127.0.0.1:${zipkin}` },
    },
    processors: processing.processors,
    exporters: Object.fromEntries(
      pipelines.map(([name]) => [exporterOf(name), { path: fileOf(name), format: "proto" }]),
    ),
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: Object.fromEntries(
        pipelines.map(([name, processors]) => [
          name,
          { receivers: ["otlp", "zipkin"], processors, exporters: [exporterOf(name)] },
        ]),
      ),
    },
  };
}

/** The file exporter writes a four-byte size, then a TracesData, which is encoded like a request. */
function messagesIn(file: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 4 <= file.length;) {
    const size = file.readUInt32BE(at);
    // The last one may not be completely written yet.
    if (at + 4 + size > file.length) break;
    messages.push(file.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return messages;
}
