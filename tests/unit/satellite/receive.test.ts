// The formats over their transports, as senders see the satellite: what is taken, and how each refusal is answered.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, beforeEach, afterEach } from "node:test";
import { deflateSync } from "node:zlib";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { startSatellite } from "../../../satellite/server.ts";
import type { Satellite } from "../../../satellite/server.ts";
import { get, post } from "./client.ts";
import { decodeAnswer, encodeReport, someSpan } from "./encode.ts";
import { decodeOtlpAnswer, encodeOtlp, someOtlpSpan, SPAN_ID, TRACE_ID } from "./otlp.ts";

const EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const REPORT = "/lightstep.collector.CollectorService/Report";

const zipkin = (changes: object = {}): Buffer => {
  const ids = { traceId: TRACE_ID, id: SPAN_ID };
  return Buffer.from(
    JSON.stringify([
      { ...ids, timestamp: 1, duration: 1, localEndpoint: { serviceName: "reviews.default" }, ...changes },
    ]),
  );
};

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

async function send(path: string, type: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const request = { method: "POST", headers: { "content-type": type, ...headers }, body: Buffer.from(body) };
  const response = await fetch(satellite.url + path, request);
  const answer = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type"), body: answer };
}

/** One unary call by a client that is not ours; bytes in, bytes out. */
function call(path: string, body: Uint8Array, options: { token?: string; deflate?: boolean } = {}): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${satellite.grpcPort}`, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": options.deflate ? 1 : 0,
  });
  const metadata = new Metadata();
  if (options.token) metadata.set("lightstep-access-token", options.token);
  const pass = (bytes: Buffer): Buffer => bytes;
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, Buffer.from(body), metadata, (error, answer) => {
      if (error) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    });
  }).finally(() => client.close());
}

const refused = (code: status, message: RegExp) => (error: ServiceError) =>
  error.code === code && message.test(error.details);

describe("OTLP over HTTP", () => {
  it("is taken with 200 and an ExportTraceServiceResponse without complaint", async () => {
    const answer = await send("/v1/traces", "application/x-protobuf", encodeOtlp({ spans: [someOtlpSpan()] }));
    assert.deepEqual([answer.status, answer.type], [200, "application/x-protobuf"]);
    assert.equal(decodeOtlpAnswer(answer.body).partialSuccess, null);
    const trace = satellite.store.get(TRACE_ID);
    assert.deepEqual([trace?.traceId, trace?.spans[0]?.traceId], [SPAN_ID, TRACE_ID]);
  });

  it("is unpacked from deflate", async () => {
    const body = deflateSync(encodeOtlp({ spans: [someOtlpSpan()] }));
    await send("/v1/traces", "application/x-protobuf", body, { "content-encoding": "deflate" });
    assert.equal(satellite.counts.spans, 1);
  });

  it("is refused with 400 and a google.rpc.Status", async () => {
    const answer = await send("/v1/traces", "application/x-protobuf", Buffer.from("garbage"));
    assert.deepEqual([answer.status, answer.type], [400, "application/x-protobuf"]);
    // code = INVALID_ARGUMENT, and then the message.
    assert.deepEqual([...answer.body.subarray(0, 3)], [0x08, 3, 0x12]);
    assert.match(answer.body.toString(), /not an OTLP ExportTraceServiceRequest/);
  });

  it("is refused with 415 as JSON", async () =>
    assert.equal((await send("/v1/traces", "application/json", Buffer.from("{}"))).status, 415));
});

describe("Zipkin over HTTP", () => {
  it("is taken with 202", async () => {
    const answer = await send("/api/v2/spans", "application/json", zipkin());
    assert.deepEqual([answer.status, answer.body.length], [202, 0]);
    assert.equal(satellite.store.get(TRACE_ID)?.spans[0]?.service, "reviews.default");
  });

  it("is refused with 400 and the reason as text", async () => {
    const answer = await send("/api/v2/spans", "application/json", zipkin({ id: "x" }));
    assert.deepEqual([answer.status, answer.type], [400, "text/plain; charset=utf-8"]);
    assert.match(answer.body.toString(), /^span 0's id is "x"/);
  });
});

describe("gRPC", () => {
  it("takes OTLP, and answers with an ExportTraceServiceResponse", async () => {
    const answer = await call(EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }));
    assert.equal(decodeOtlpAnswer(answer).partialSuccess, null);
    assert.equal(satellite.store.get(TRACE_ID)?.spans.length, 1);
  });

  it("takes Lightstep's format, and answers with a ReportResponse", async () => {
    const answer = await call(REPORT, encodeReport({ token: "t", spans: [someSpan()] }), { token: "t" });
    assert.deepEqual(decodeAnswer(answer).errorsList, []);
    assert.deepEqual([satellite.counts.spans, satellite.counts.tokensSeen], [1, { header: 1, body: 1 }]);
  });

  it("unpacks messages that came compressed", async () => {
    await call(EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }), { deflate: true });
    assert.equal(satellite.counts.spans, 1);
  });

  it("refuses what does not decode with INVALID_ARGUMENT, and takes the next", async () => {
    for (const path of [EXPORT, REPORT])
      await assert.rejects(call(path, Buffer.from("garbage")), refused(status.INVALID_ARGUMENT, /^the body is not/));
    await call(EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }));
    assert.deepEqual([satellite.counts.rejected, satellite.counts.reports], [2, 1]);
  });

  it("refuses a message over 16 MiB with RESOURCE_EXHAUSTED", async () =>
    assert.rejects(call(EXPORT, new Uint8Array(16 * 1024 * 1024 + 1)), refused(status.RESOURCE_EXHAUSTED, /./)));

  it("refuses a method that is not there with UNIMPLEMENTED", async () =>
    assert.rejects(call("/zipkin.proto3.SpanService/Report", zipkin()), refused(status.UNIMPLEMENTED, /./)));

  it("names its port when that is in use", async () =>
    assert.rejects(startSatellite({ grpcPort: satellite.grpcPort }), {
      message: new RegExp(`^cannot listen on port ${satellite.grpcPort} of 127\\.0\\.0\\.1 for gRPC: `),
    }));
});

describe("one trace reported in several formats", () => {
  it("is one trace, whose spans keep the ids that they came with", async () => {
    await post(satellite, encodeReport({ spans: [someSpan({ traceId: SPAN_ID, spanId: "01" })] }));
    await call(EXPORT, encodeOtlp({ spans: [someOtlpSpan({ spanId: Buffer.from("0000000000000002", "hex") })] }));
    await send("/api/v2/spans", "application/json", zipkin({ id: "0000000000000003" }));
    const ids = satellite.store.get(TRACE_ID)?.spans.map(({ traceId, spanId }) => `${traceId} ${Number(spanId)}`);
    assert.deepEqual(ids?.sort(), [`${TRACE_ID} 2`, `${TRACE_ID} 3`, `${SPAN_ID} 1`]);
    assert.deepEqual((await get(satellite, "/api/stats")).body.reportsByFormat, {
      "lightstep/http": 1,
      "otlp/grpc": 1,
      "zipkin/http": 1,
    });
  });
});

describe("what is counted by service", () => {
  it("is bounded, whatever senders call themselves", async () => {
    const spans = Array.from({ length: 1100 }, (_, index) => ({
      traceId: TRACE_ID,
      id: SPAN_ID,
      timestamp: 1,
      duration: 1,
      localEndpoint: { serviceName: index === 0 ? "x".repeat(1000) : `service ${index}` },
    }));
    await send("/api/v2/spans", "application/json", Buffer.from(JSON.stringify(spans)));
    const counted: Record<string, number> = (await get(satellite, "/api/stats")).body.spansByService;
    assert.equal(Object.keys(counted).length, 1001);
    assert.equal(counted["(others)"], 100);
    assert.equal(counted["x".repeat(256)], 1);
  });
});

describe("forwarding", () => {
  interface Passed {
    url: string | undefined;
    headers: IncomingHttpHeaders;
    body: Buffer;
  }

  /** A collector that answers every request with `status`, after `ready`. */
  async function collector(status: number, ready: Promise<void> = Promise.resolve()) {
    const passed: Passed[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        passed.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
        void ready.then(() => response.writeHead(status).end());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = (): void => void server.close().closeAllConnections();
    return { passed, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  }

  const forwarded = async () => (await get(satellite, "/api/stats")).body.forwarded;

  async function until(holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, JSON.stringify(await forwarded()));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  let complaints: string[] = [];
  async function forwardTo(url: string): Promise<void> {
    await satellite.close();
    complaints = [];
    satellite = await startSatellite({ forward: url, complain: (line) => complaints.push(line) });
  }

  it("passes on the bytes of every format, those of gRPC over HTTP, with the token", async (test) => {
    const other = await collector(202);
    test.after(other.close);
    await forwardTo(`${other.url}/base/`);
    const lightstep = encodeReport({ spans: [someSpan()] });
    const otlp = encodeOtlp({ spans: [someOtlpSpan()] });
    await post(satellite, lightstep, { "lightstep-access-token": "t" });
    await call(EXPORT, otlp);
    await send("/api/v2/spans", "application/json", zipkin());
    await until(async () => (await forwarded()).sent === 3);
    assert.deepEqual(
      other.passed.map(({ url, headers }) => [url, headers["content-type"], headers["lightstep-access-token"]]),
      [
        ["/base/api/v2/reports", "application/octet-stream", "t"],
        ["/base/v1/traces", "application/x-protobuf", undefined],
        ["/base/api/v2/spans", "application/json", undefined],
      ],
    );
    assert.deepEqual(
      other.passed.map(({ body }) => body),
      [Buffer.from(lightstep), Buffer.from(otlp), zipkin()],
    );
  });

  it("passes on nothing that was refused", async (test) => {
    const other = await collector(200);
    test.after(other.close);
    await forwardTo(other.url);
    await post(satellite, Buffer.from("garbage"));
    await post(satellite, encodeReport({ spans: [someSpan()] }));
    await until(async () => (await forwarded()).sent === 1);
    assert.equal(other.passed.length, 1);
  });

  it("counts what the other collector refuses or is not there for, and goes on", async (test) => {
    const other = await collector(503);
    test.after(other.close);
    await forwardTo(other.url);
    await send("/api/v2/spans", "application/json", zipkin());
    await until(async () => (await forwarded()).failed === 1);
    other.close();
    assert.equal((await send("/api/v2/spans", "application/json", zipkin())).status, 202);
    await until(async () => (await forwarded()).failed === 2);
    // Once, and then not again for a while.
    const line = `not passed on to ${other.url}: 1 report so far; /api/v2/spans is answered with 503`;
    assert.deepEqual(complaints, [line]);
  });

  it("says why nothing arrives where nobody listens", async (test) => {
    const other = await collector(200);
    test.after(other.close);
    other.close();
    await forwardTo(other.url);
    await send("/api/v2/spans", "application/json", zipkin());
    await until(async () => (await forwarded()).failed === 1);
    assert.match(
      complaints.join(),
      /^not passed on to http:\S+: 1 report so far; connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    );
  });

  it("drops, and counts, what would make more than 16 MiB wait", async (test) => {
    const other = await collector(202, new Promise(() => {}));
    test.after(other.close);
    await forwardTo(other.url);
    const large = zipkin({ tags: { large: "x".repeat(6 * 1024 * 1024) } });
    for (let sent = 0; sent < 4; sent++) await send("/api/v2/spans", "application/json", large);
    assert.deepEqual(await forwarded(), { sent: 0, failed: 0, dropped: 2 });
    assert.deepEqual(complaints, [`not passed on to ${other.url}: 1 report so far; it is slower than what comes in`]);
  });
});
