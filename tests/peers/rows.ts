// The combinations to test, as one table: a format over a transport to somebody else's collector, or to ours. Only
// those that the module's own schema allows are tested.
import { readFileSync } from "node:fs";
import type { Config } from "../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";
import type { FormatName, Transport } from "../../satellite/store/report.ts";
import { startCollectorPb } from "./collectorpb.ts";
import { startOtelcol } from "./otelcol.ts";
import type { Peer } from "./peer.ts";
import { startOwn } from "./satellite.ts";
import { startZipkin } from "./zipkin.ts";

export const TOKEN = "the token";

export interface Row {
  format: FormatName;
  transport: Transport;
  /** Zipkin's server takes only gzip. */
  compression: "none" | "deflate";
  collector: string;
  start(): Promise<Peer>;
}

const satellite = { collector: "the satellite", start: () => startOwn() };
const collectorPb = { collector: "Lightstep's collectorpb in Go", start: () => startCollectorPb(TOKEN) };
const otelcol = { collector: "an OpenTelemetry Collector", start: startOtelcol };
const zipkin = { collector: "Zipkin", start: startZipkin };

/** All combinations; docs/formats.md lists the same. */
export const all: Row[] = [
  { format: "lightstep", transport: "http", compression: "none", ...satellite },
  { format: "lightstep", transport: "http", compression: "none", ...collectorPb },
  { format: "lightstep", transport: "http", compression: "deflate", ...collectorPb },
  { format: "lightstep", transport: "http", compression: "deflate", ...satellite },
  { format: "lightstep", transport: "grpc", compression: "none", ...collectorPb },
  { format: "lightstep", transport: "grpc", compression: "none", ...satellite },
  { format: "otlp", transport: "http", compression: "none", ...otelcol },
  { format: "otlp", transport: "http", compression: "deflate", ...otelcol },
  { format: "otlp", transport: "http", compression: "none", ...satellite },
  { format: "otlp", transport: "grpc", compression: "none", ...otelcol },
  { format: "otlp", transport: "grpc", compression: "none", ...satellite },
  { format: "zipkin", transport: "http", compression: "none", ...zipkin },
  { format: "zipkin", transport: "http", compression: "none", ...otelcol },
  { format: "zipkin", transport: "http", compression: "deflate", ...otelcol },
  { format: "zipkin", transport: "http", compression: "none", ...satellite },
];

interface Schema {
  properties: { collector: { properties: Record<string, { enum?: string[] } | undefined> } };
}

const schema: Schema = JSON.parse(readFileSync(new URL("../../build/lightspan.schema.json", import.meta.url), "utf8"));

function offers(key: string, value: string, byDefault: string): boolean {
  return value === byDefault || (schema.properties.collector.properties[key]?.enum ?? []).includes(value);
}

/** The rows that the module can be configured for. */
export const rows = all.filter(
  ({ format, transport, compression }) =>
    offers("protocol", format, "lightstep") &&
    offers("transport", transport, "http") &&
    offers("compression", compression, "none"),
);

/** Lightspan's configuration for a row. Leaves defaults out, so that they are tested as defaults. */
export function settings({ format, transport, compression }: Row): Config {
  const collector: Config = { cluster: collectorCluster, access_token: TOKEN };
  if (format !== "lightstep") collector.protocol = format;
  if (transport !== "http") collector.transport = transport;
  if (compression !== "none") collector.compression = compression;
  return { collector };
}
