import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { startSatellite } from "../../../satellite/server.ts";
import type { Satellite } from "../../../satellite/server.ts";
import { get, post, REPORTS } from "./client.ts";
import { encodeReport, someSpan } from "./encode.ts";

const hex = (value: number) => value.toString(16).padStart(16, "0");

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

describe("GET", () => {
  const page = { id: "01", tags: { "lightstep.component_name": "productpage.default" } };

  it("/ says in plain text what this is and which paths exist", async () => {
    const response = await fetch(satellite.url);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    const text = await response.text();
    for (const path of [REPORTS, "/api/traces", "/api/traces/{id}", "/api/stats"]) assert.ok(text.includes(path), path);
  });

  it("/api/traces lists summaries, newest first", async () => {
    await post(
      satellite,
      encodeReport({ reporter: page, spans: [someSpan({ traceId: hex(1), startMicros: 1_000_000 })] }),
    );
    await post(
      satellite,
      encodeReport({ spans: [someSpan({ traceId: hex(2), startMicros: 2_000_000, parentId: "99" })] }),
    );
    const [newest, oldest] = (await get(satellite, "/api/traces")).body;
    assert.deepEqual(oldest, {
      traceId: hex(1),
      root: { operation: "reviews.default.svc.cluster.local:9080/*", service: "productpage.default" },
      first: { operation: "reviews.default.svc.cluster.local:9080/*", service: "productpage.default" },
      startMicros: 1_000_000,
      durationMicros: 1_260_000,
      spanCount: 1,
      errors: 0,
      keptSpans: 0,
      services: ["productpage.default"],
    });
    assert.deepEqual(
      [newest.traceId, newest.root, newest.first],
      [hex(2), null, { ...oldest.first, service: "reviews.default" }],
    );
  });

  it("/api/traces keeps to service and limit", async () => {
    const spans = [1, 2, 3].map((id) => someSpan({ traceId: hex(id), startMicros: id * 1_000_000 }));
    await post(satellite, encodeReport({ spans }));
    await post(satellite, encodeReport({ reporter: page, spans: spans.slice(0, 1) }));
    const ids = async (query: string) =>
      (await get(satellite, `/api/traces?${query}`)).body.map((trace: { traceId: string }) => trace.traceId);
    assert.deepEqual(await ids("service=productpage.default"), [hex(1)]);
    assert.deepEqual(await ids("service=nobody"), []);
    assert.deepEqual(await ids("limit=2"), [hex(3), hex(2)]);
    assert.deepEqual(await ids("service=reviews.default&limit=1"), [hex(3)]);
  });

  for (const limit of ["0", "-1", "1.5", "x", ""]) {
    it(`/api/traces answers 400 to limit=${limit}`, async () => {
      const { status, body } = await get(satellite, `/api/traces?limit=${limit}`);
      assert.deepEqual([status, body], [400, { error: `limit is "${limit}": it must be a whole number from 1` }]);
    });
  }

  it("/api/traces/{id} shows the spans with their labels, by 16 or 32 digits", async () => {
    await post(satellite, encodeReport({ spans: [someSpan()] }));
    const { status, body } = await get(satellite, "/api/traces/463ac35c9f6413ad");
    assert.deepEqual([status, body.spans.length, body.spans[0].label], [200, 1, "reviews.default: proxy server"]);
    assert.deepEqual((await get(satellite, "/api/traces/00000000000000ff463ac35c9f6413ad")).body, body);
  });

  it("/api/traces/{id} answers 404 in JSON to an id that is not there", async () => {
    const { status, body } = await get(satellite, "/api/traces/463ac35c9f6413ad");
    assert.deepEqual([status, body], [404, { error: "no trace 463ac35c9f6413ad" }]);
  });

  it("/api/stats counts, and shows no token", async () => {
    await post(satellite, encodeReport({ token: "s3cret", spans: [someSpan()] }), {
      "lightstep-access-token": "s3cret",
    });
    await post(satellite, encodeReport({ token: "s3cret", spans: [someSpan(), someSpan({ spanId: hex(7) })] }));
    await post(satellite, encodeReport({ token: "", reporter: page }));
    await post(satellite, Buffer.from("garbage"), { "lightstep-access-token": "s3cret" });
    const { body } = await get(satellite, "/api/stats");
    assert.deepEqual(body, {
      reports: 3,
      spans: 3,
      rejected: 1,
      tokensSeen: { header: 1, body: 2 },
      duplicateSpans: 1,
      forgottenTraces: 0,
      forwarded: null,
      reportsByFormat: { "lightstep/http": 3 },
      spansByService: { "reviews.default": 3, "productpage.default": 0 },
    });
  });

  it("/api/stats counts forgotten traces", async () => {
    const small = await startSatellite({ maxTraces: 1 });
    await post(small, encodeReport({ spans: [someSpan({ traceId: hex(1) }), someSpan({ traceId: hex(2) })] }));
    const { body } = await get(small, "/api/stats");
    await small.close();
    assert.equal(body.forgottenTraces, 1);
  });

  it("answers 404 in JSON to a path that does not exist", async () => {
    for (const path of ["/api", "/api/traces/", "/api/traces/a/b"])
      assert.equal((await get(satellite, path)).status, 404);
  });
});

describe("a method that a path does not take", () => {
  for (const [method, path, allowed] of [
    ["GET", REPORTS, "POST"],
    ["POST", "/api/traces", "GET"],
    ["DELETE", "/api/traces/463ac35c9f6413ad", "GET"],
    ["PUT", "/", "GET"],
  ] as const) {
    it(`answers 405 to ${method} ${path}`, async () => {
      const response = await fetch(satellite.url + path, { method });
      assert.deepEqual([response.status, response.headers.get("allow")], [405, allowed]);
    });
  }

  it("answers 404 to POST of a path that does not exist", async () => {
    assert.equal((await fetch(`${satellite.url}/api/v1/reports`, { method: "POST", body: "x" })).status, 404);
  });
});

describe("a reader", () => {
  /** The status of a request with this Host header, which fetch would not let us set. */
  const statusFor = (host: string, path: string, report?: Uint8Array): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const method = report ? "POST" : "GET";
      const headers = { host, accept: "text/html", ...(report && { "content-type": "application/octet-stream" }) };
      request({ host: "127.0.0.1", port: satellite.port, method, path, headers }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
        .on("error", reject)
        .end(report);
    });

  for (const host of ["localhost", "localhost:8360", "127.0.0.1:8360", "127.1.2.3", "[::1]:8360"])
    it(`who asks ${host} is answered`, async () => assert.equal(await statusFor(host, "/api/traces"), 200));
  for (const host of ["rebound.example:8360", "localhost.example", "127.0.0.1.example", "x-localhost"]) {
    it(`who asks ${host} gets nothing`, async () => {
      for (const path of ["/", "/page.js", "/api/traces", "/api/stats"])
        assert.equal(await statusFor(host, path), 403, path);
    });
  }

  it("is another matter than a report, which names the cluster that it is for", async () => {
    const report = encodeReport({ spans: [someSpan()] });
    assert.equal(await statusFor("lightspan-collector", REPORTS, report), 200);
  });
});

describe("startSatellite", () => {
  it("names the port that is in use", async () => {
    await assert.rejects(startSatellite({ port: satellite.port }), {
      message: `cannot listen on port ${satellite.port} of 127.0.0.1: it is in use`,
    });
  });

  it("writes an IPv6 host into its url as one must", async (test) => {
    const six = await startSatellite({ host: "::1" }).catch(() => undefined);
    if (!six) return test.skip("no IPv6 here");
    const { status } = await fetch(six.url);
    await six.close();
    assert.equal(status, 200);
  });

  it("frees its port when closed, with a connection still open", async () => {
    const first = await startSatellite();
    const socket = connect(first.port, "127.0.0.1");
    await once(socket, "connect");
    await first.close();
    const second = await startSatellite({ port: first.port });
    await second.close();
    socket.destroy();
  });
});
