// Each real collector by itself: it returns what other encoders send, so that a failing row of formats.test.ts points
// to the module. Also what a collector rejects, as docs/formats.md says.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { formats } from "../../satellite/receive/formats.ts";
import type { FormatName, Transport } from "../../satellite/store/report.ts";
import { TraceStore, type Span } from "../../satellite/store/traces.ts";
import { eventually } from "../wait.ts";
import { encodeReport } from "../unit/satellite/encode.ts";
import { attribute, bytes, encodeOtlp } from "../unit/satellite/otlp.ts";
import { startCollectorPb } from "./collectorpb.ts";
import { startOtelcol } from "./otelcol.ts";
import type { Peer } from "./peer.ts";
import { startOwn } from "./satellite.ts";
import { startZipkin } from "./zipkin.ts";
import { ToolMissing } from "./tools.ts";

const TOKEN = "the token";
const TRACE_ID = "463ac35c9f6413ad5af7183fb1d4cf5f";
const PARENT_ID = "6b221d5bc9e6496c";
const START_MICROS = Date.now() * 1000;
const DURATION_MICROS = 1431;
const TAGS = { node_id: "sidecar~1", "http.status_code": "503", text: 'ä "quoted" \\ 漢' };

/** One failed client span with a parent, in each format, from encoders other than the module's. */
const encoders: Record<FormatName, (spanId: string) => Uint8Array> = {
  lightstep: (spanId) =>
    encodeReport({
      token: TOKEN,
      reporter: { id: "01", tags: { "lightstep.component_name": "reviews.default" } },
      spans: [
        {
          traceId: TRACE_ID.slice(16),
          spanId,
          parentId: PARENT_ID,
          operation: "reviews/*",
          startMicros: START_MICROS,
          durationMicros: DURATION_MICROS,
          tags: { ...TAGS, "span.kind": "client", error: true },
        },
      ],
    }),
  otlp: (spanId) =>
    encodeOtlp({
      attributes: [attribute("service.name", "reviews.default")],
      spans: [
        {
          traceId: bytes(TRACE_ID),
          spanId: bytes(spanId),
          parentSpanId: bytes(PARENT_ID),
          name: "reviews/*",
          kind: 3,
          startTimeUnixNano: nanos(START_MICROS),
          endTimeUnixNano: nanos(START_MICROS + DURATION_MICROS),
          attributes: Object.entries(TAGS).map(([name, value]) => attribute(name, value)),
          status: { code: 2 },
        },
      ],
    }),
  zipkin: (spanId) =>
    Buffer.from(
      JSON.stringify([
        {
          traceId: TRACE_ID,
          id: spanId,
          parentId: PARENT_ID,
          kind: "CLIENT",
          name: "reviews/*",
          timestamp: START_MICROS,
          duration: DURATION_MICROS,
          localEndpoint: { serviceName: "reviews.default" },
          tags: { ...TAGS, error: "true" },
        },
      ]),
    ),
};

function nanos(micros: number): { low: number; high: number; unsigned: true } {
  const value = BigInt(micros) * 1000n;
  return { low: Number(value & 0xffff_ffffn) | 0, high: Number(value >> 32n), unsigned: true };
}

type Send = (peer: Peer, format: FormatName, body: Uint8Array) => Promise<number | string>;

/** Returns the HTTP status. */
const overHttp =
  (encoding?: "deflate"): Send =>
  async (peer, name, body) => {
    const format = formats.find((format) => format.name === name);
    const headers: Record<string, string> = {
      "content-type": format?.contentType ?? "",
      "lightstep-access-token": TOKEN,
      ...(encoding && { "content-encoding": encoding }),
    };
    const url = `http://127.0.0.1:${peer.portOf(name, "http")}${format?.path}`;
    const packed = encoding ? deflateSync(body) : Buffer.from(body);
    return (await fetch(url, { method: "POST", headers, body: packed })).status;
  };

/** Returns the gRPC code, or throws the answer. */
const overGrpc: Send = (peer, name, body) => {
  const client = new Client(`127.0.0.1:${peer.portOf(name, "grpc")}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("lightstep-access-token", TOKEN);
  const path = formats.find((format) => format.name === name)?.grpcPath ?? "";
  const pass = (bytes: Buffer): Buffer => bytes;
  return new Promise<number>((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, Buffer.from(body), metadata, (error) =>
      error ? reject(error) : resolve(0),
    );
  }).finally(() => client.close());
};

const senders: [what: string, transport: Transport, send: Send][] = [
  ["http", "http", overHttp()],
  ["http, in deflate,", "http", overHttp("deflate")],
  ["grpc", "grpc", overGrpc],
];

/** The span as a collector understands it, in the satellite's form. */
function expected(format: FormatName): Partial<Span> {
  return {
    traceId: format === "lightstep" ? TRACE_ID.slice(16) : TRACE_ID,
    parentId: PARENT_ID,
    operation: "reviews/*",
    service: "reviews.default",
    kind: "client",
    startMicros: START_MICROS,
    durationMicros: DURATION_MICROS,
    error: true,
  };
}

async function find(peer: Peer, spanId: string): Promise<Span | undefined> {
  const store = new TraceStore();
  for (const report of await peer.received()) store.add(report);
  return store.get(TRACE_ID)?.spans.find((span) => span.spanId === spanId);
}

const collectors: [name: string, start: () => Promise<Peer>, refusesDeflate?: boolean][] = [
  ["Lightstep's collectorpb in Go", () => startCollectorPb(TOKEN)],
  ["an OpenTelemetry Collector", startOtelcol],
  ["Zipkin", startZipkin, true],
];

for (const [name, start, refusesDeflate = false] of collectors) {
  const began = Date.now();
  const started = await start().catch((error: unknown) => {
    if (error instanceof ToolMissing) return error;
    throw error;
  });
  if (started instanceof ToolMissing) {
    console.error(`skipped: ${name}: ${started.message}`);
    describe(name, { skip: started.message }, () => {});
    continue;
  }
  console.error(`• ${name} is up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const peer = started;

  describe(name, () => {
    after(() => peer.stop());
    let count = 0;
    for (const format of ["lightstep", "otlp", "zipkin"] as const) {
      for (const [what, transport, send] of senders) {
        if (peer.portOf(format, transport) === undefined) continue;
        const spanId = (++count).toString(16).padStart(16, "0");
        if (refusesDeflate && what.includes("deflate")) {
          it(`refuses ${format} over ${what} with 400`, async () =>
            assert.equal(await send(peer, format, encoders[format](spanId)), 400));
          continue;
        }
        it(`gives back every field of a span sent as ${format} over ${what}`, async () => {
          const status = await send(peer, format, encoders[format](spanId));
          assert.ok(status === 0 || status === 200 || status === 202, `it answers ${status}`);
          const span = await eventually(`span ${spanId}`, () => find(peer, spanId));
          const { tags, ...fields } = span;
          for (const [field, value] of Object.entries(expected(format)))
            assert.deepEqual(fields[field as keyof typeof fields], value, field);
          for (const [tag, value] of Object.entries(TAGS)) assert.equal(tags[tag], value, tag);
        });
      }
    }

    for (const format of ["lightstep", "otlp", "zipkin"] as const) {
      const port = peer.portOf(format, "http");
      if (port === undefined) continue;
      it(`gets what the satellite receives as ${format} and forwards`, async () => {
        const own = await startOwn(`http://127.0.0.1:${port}`);
        try {
          const spanId = (++count).toString(16).padStart(16, "0");
          // Over gRPC if the format has it: it is forwarded over HTTP in any case.
          const send = own.portOf(format, "grpc") === undefined ? overHttp() : overGrpc;
          await send(own, format, encoders[format](spanId));
          const span = await eventually(`span ${spanId}`, () => find(peer, spanId));
          assert.equal(span.durationMicros, DURATION_MICROS);
        } finally {
          await own.stop();
        }
      });
    }

    if (name === "Zipkin") {
      it("writes names of services and spans in lower case", async () => {
        const spanId = "f".repeat(16);
        const body = Buffer.from(encoders.zipkin(spanId)).toString().replace("reviews/", "Reviews/");
        await overHttp()(peer, "zipkin", Buffer.from(body.replace("reviews.default", "Reviews.default")));
        const span = await eventually("the span", () => find(peer, spanId));
        assert.deepEqual([span.service, span.operation], ["reviews.default", "reviews/*"]);
      });
    }
    if (peer.manner === undefined) return;
    const mannerOf = peer.manner;
    it("reports the token and packed bodies", () => {
      const manner = mannerOf();
      assert.deepEqual([manner.tokenInHeader, manner.tokenInBody], [true, true]);
      assert.deepEqual([...(manner.contentEncodings ?? [])].sort(), ["", "deflate"]);
    });
  });
}
