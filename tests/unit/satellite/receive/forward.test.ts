// Forwarding to another collector: what arrives there, and how failures are counted and reported.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";
import { get, post } from "../client.ts";
import { encodeReport, someSpan } from "../encode.ts";
import { encodeOtlp, someOtlpSpan } from "../otlp.ts";
import { eventually } from "../../../wait.ts";
import { call, EXPORT, send, zipkin } from "./senders.ts";

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

describe("forwarding", () => {
  interface Passed {
    url: string | undefined;
    headers: IncomingHttpHeaders;
    body: Buffer;
  }

  /** Starts a collector that answers every request with `status` once `ready` is resolved. */
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
    await call(satellite, EXPORT, otlp);
    await send(satellite, "/api/v2/spans", "application/json", zipkin());
    await eventually("three reports to be counted as sent", async () => (await forwarded()).sent === 3, Boolean);
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
    await eventually("one report to be counted as sent", async () => (await forwarded()).sent === 1, Boolean);
    assert.equal(other.passed.length, 1);
  });

  it("counts what the other collector refuses or is not there for, and goes on", async (test) => {
    test.mock.timers.enable({ apis: ["Date"] });
    const other = await collector(503);
    test.after(other.close);
    await forwardTo(other.url);
    await send(satellite, "/api/v2/spans", "application/json", zipkin());
    await eventually("one report to be counted as failed", async () => (await forwarded()).failed === 1, Boolean);
    other.close();
    assert.equal((await send(satellite, "/api/v2/spans", "application/json", zipkin())).status, 202);
    await eventually("two reports to be counted as failed", async () => (await forwarded()).failed === 2, Boolean);
    // Only one line: no time passes in this test, so the next one is not due.
    const line = `not passed on to ${other.url}: 1 report so far; /api/v2/spans is answered with 503`;
    assert.deepEqual(complaints, [line]);
  });

  it("says why nothing arrives where nobody listens", async (test) => {
    const other = await collector(200);
    test.after(other.close);
    other.close();
    await forwardTo(other.url);
    await send(satellite, "/api/v2/spans", "application/json", zipkin());
    await eventually("one report to be counted as failed", async () => (await forwarded()).failed === 1, Boolean);
    assert.match(
      complaints.join(),
      /^not passed on to http:\S+: 1 report so far; connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    );
  });

  it("drops, and counts, what would make more than 16 MiB wait", async (test) => {
    // The first report never times out, however long the others take.
    test.mock.method(AbortSignal, "timeout", () => new AbortController().signal);
    const other = await collector(202, new Promise(() => {}));
    test.after(other.close);
    await forwardTo(other.url);
    const large = zipkin({ tags: { large: "x".repeat(6 * 1024 * 1024) } });
    for (let sent = 0; sent < 4; sent++) await send(satellite, "/api/v2/spans", "application/json", large);
    assert.deepEqual(await forwarded(), { sent: 0, failed: 0, dropped: 2 });
    assert.deepEqual(complaints, [`not passed on to ${other.url}: 1 report so far; it is slower than what comes in`]);
  });
});
