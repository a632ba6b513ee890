// The formats over HTTP and gRPC as senders see them: what is accepted, and how each rejection is answered.

import assert from "node:assert/strict";
import { describe, it, beforeEach, afterEach } from "node:test";
import { deflateSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";
import { get, post } from "../client.ts";
import { decodeAnswer, encodeReport, someSpan } from "../encode.ts";
import { decodeOtlpAnswer, encodeOtlp, someOtlpSpan, SPAN_ID, TRACE_ID } from "../otlp.ts";
import { call, EXPORT, send, zipkin } from "./senders.ts";

const REPORT = "/lightstep.collector.CollectorService/Report";

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

const refused = (code: status, message: RegExp) => (error: ServiceError) =>
  error.code === code && message.test(error.details);

describe("OTLP over HTTP", () => {
  it("is taken with 200 and an ExportTraceServiceResponse without complaint", async () => {
    const answer = await send(
      satellite,
      "/v1/traces",
      "application/x-protobuf",
      encodeOtlp({ spans: [someOtlpSpan()] }),
    );
    assert.deepEqual([answer.status, answer.type], [200, "application/x-protobuf"]);
    assert.equal(decodeOtlpAnswer(answer.body).partialSuccess, null);
    const trace = satellite.store.get(TRACE_ID);
    assert.deepEqual([trace?.traceId, trace?.spans[0]?.traceId], [SPAN_ID, TRACE_ID]);
  });

  it("is unpacked from deflate", async () => {
    const body = deflateSync(encodeOtlp({ spans: [someOtlpSpan()] }));
    await send(satellite, "/v1/traces", "application/x-protobuf", body, { "content-encoding": "deflate" });
    assert.equal(satellite.counts.spans, 1);
  });

  it("is refused with 400 and a google.rpc.Status", async () => {
    const answer = await send(satellite, "/v1/traces", "application/x-protobuf", Buffer.from("garbage"));
    assert.deepEqual([answer.status, answer.type], [400, "application/x-protobuf"]);
    // code = INVALID_ARGUMENT, followed by the message.
    assert.deepEqual([...answer.body.subarray(0, 3)], [0x08, 3, 0x12]);
    assert.match(answer.body.toString(), /not an OTLP ExportTraceServiceRequest/);
  });

  it("is refused with 415 as JSON", async () =>
    assert.equal((await send(satellite, "/v1/traces", "application/json", Buffer.from("{}"))).status, 415));
});

describe("Zipkin over HTTP", () => {
  it("is taken with 202", async () => {
    const answer = await send(satellite, "/api/v2/spans", "application/json", zipkin());
    assert.deepEqual([answer.status, answer.body.length], [202, 0]);
    assert.equal(satellite.store.get(TRACE_ID)?.spans[0]?.service, "reviews.default");
  });

  it("is refused with 400 and the reason as text", async () => {
    const answer = await send(satellite, "/api/v2/spans", "application/json", zipkin({ id: "x" }));
    assert.deepEqual([answer.status, answer.type], [400, "text/plain; charset=utf-8"]);
    assert.match(answer.body.toString(), /^span 0's id is "x"/);
  });
});

describe("gRPC", () => {
  it("takes OTLP, and answers with an ExportTraceServiceResponse", async () => {
    const answer = await call(satellite, EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }));
    assert.equal(decodeOtlpAnswer(answer).partialSuccess, null);
    assert.equal(satellite.store.get(TRACE_ID)?.spans.length, 1);
  });

  it("takes Lightstep's format, and answers with a ReportResponse", async () => {
    const answer = await call(satellite, REPORT, encodeReport({ token: "t", spans: [someSpan()] }), { token: "t" });
    assert.deepEqual(decodeAnswer(answer).errorsList, []);
    assert.deepEqual([satellite.counts.spans, satellite.counts.tokensSeen], [1, { header: 1, body: 1 }]);
  });

  it("unpacks messages that came compressed", async () => {
    await call(satellite, EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }), { deflate: true });
    assert.equal(satellite.counts.spans, 1);
  });

  it("refuses what does not decode with INVALID_ARGUMENT, and takes the next", async () => {
    for (const path of [EXPORT, REPORT])
      await assert.rejects(
        call(satellite, path, Buffer.from("garbage")),
        refused(status.INVALID_ARGUMENT, /^the body is not/),
      );
    await call(satellite, EXPORT, encodeOtlp({ spans: [someOtlpSpan()] }));
    assert.deepEqual([satellite.counts.rejected, satellite.counts.reports], [2, 1]);
  });

  it("refuses a message over 16 MiB with RESOURCE_EXHAUSTED", async () =>
    assert.rejects(
      call(satellite, EXPORT, new Uint8Array(16 * 1024 * 1024 + 1)),
      refused(status.RESOURCE_EXHAUSTED, /./),
    ));

  it("refuses a method that is not there with UNIMPLEMENTED", async () =>
    assert.rejects(call(satellite, "/zipkin.proto3.SpanService/Report", zipkin()), refused(status.UNIMPLEMENTED, /./)));

  it("names its port when that is in use", async () =>
    assert.rejects(startSatellite({ grpcPort: satellite.grpcPort }), {
      message: new RegExp(`^cannot listen on port ${satellite.grpcPort} of 127\\.0\\.0\\.1 for gRPC: `),
    }));
});

describe("one trace reported in several formats", () => {
  it("is one trace, whose spans keep the ids that they came with", async () => {
    await post(satellite, encodeReport({ spans: [someSpan({ traceId: SPAN_ID, spanId: "01" })] }));
    await call(
      satellite,
      EXPORT,
      encodeOtlp({ spans: [someOtlpSpan({ spanId: Buffer.from("0000000000000002", "hex") })] }),
    );
    await send(satellite, "/api/v2/spans", "application/json", zipkin({ id: "0000000000000003" }));
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
    await send(satellite, "/api/v2/spans", "application/json", Buffer.from(JSON.stringify(spans)));
    const counted: Record<string, number> = (await get(satellite, "/api/stats")).body.spansByService;
    assert.equal(Object.keys(counted).length, 1001);
    assert.equal(counted["(others)"], 100);
    assert.equal(counted["x".repeat(256)], 1);
  });
});
