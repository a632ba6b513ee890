// Spans in one shape, whoever made them: a receiver for the reports of Envoy's Zipkin tracer, and the same view of what
// the satellite received from Lightspan.
import { createServer } from "node:http";
import type { Satellite } from "../../../satellite/server.ts";
import { startSatellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { listen } from "../ground.ts";

/** A span as both tracers report it. Ids are the low 16 hex digits. */
export interface Observed {
  traceId: string;
  parentId: string | null;
  kind: string;
  service: string;
  startMicros: number;
  durationMicros: number;
  tags: Record<string, string>;
}

/** Where one of the tracers reports to. */
export interface Receiver {
  host: string;
  port: number;
  /** All spans so far. */
  spans(): Observed[];
  /** What was wrong with reports. */
  complaints: string[];
  close(): Promise<void>;
}

/** Zipkin's JSON, version 2, as far as needed here. */
interface ZipkinSpan {
  traceId: string;
  parentId?: string;
  kind?: string;
  timestamp: number;
  duration: number;
  localEndpoint?: { serviceName?: string };
  tags?: Record<string, string>;
}

function fromZipkin(span: ZipkinSpan): Observed {
  return {
    traceId: span.traceId.slice(-16),
    parentId: span.parentId ?? null,
    kind: (span.kind ?? "").toLowerCase(),
    service: span.localEndpoint?.serviceName ?? "",
    startMicros: span.timestamp,
    durationMicros: span.duration,
    tags: span.tags ?? {},
  };
}

function fromLightstep(span: Span): Observed {
  const { traceId, parentId, kind, service, startMicros, durationMicros } = span;
  const tags = Object.fromEntries(Object.entries(span.tags).map(([name, value]) => [name, String(value)]));
  return { traceId, parentId, kind, service, startMicros, durationMicros, tags };
}

/** Receives what Envoy's Zipkin tracer posts. */
export async function startZipkin(): Promise<Receiver> {
  const spans: Observed[] = [];
  const complaints: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      try {
        spans.push(...(JSON.parse(body) as ZipkinSpan[]).map(fromZipkin));
      } catch (error) {
        complaints.push(`${String(error)}: ${body}`);
      }
      response.writeHead(202).end();
    });
  });
  return { ...(await listen(server)), spans: () => spans, complaints };
}

/** The satellite as a receiver. */
export async function startLightstep(): Promise<Receiver> {
  const satellite: Satellite = await startSatellite({ maxTraces: 100_000 });
  const complaints: string[] = [];
  let known: Observed[] | undefined;
  satellite.store.on("trace", () => (known = undefined));
  const spans = (): Observed[] => (known ??= satellite.store.list().flatMap((trace) => trace.spans.map(fromLightstep)));
  return { host: "127.0.0.1", port: satellite.port, spans, complaints, close: () => satellite.close() };
}
