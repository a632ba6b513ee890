// Tags that the configuration adds or shapes, and ids for access logs, as a collector gets them from real Envoy.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { inboundListener, sidecar } from "../../../runner/config/mesh.ts";
import { EnvoyFailed, startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { startSatellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { during, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";

interface Ground {
  envoy: EnvoyProcess;
  port: number;
  /** The span of trace `traceId`, once it has arrived. */
  span(traceId: string): Promise<Span>;
}

async function withSidecar(config: Config, more: Config, body: (ground: Ground) => Promise<void>): Promise<void> {
  const upstream = createServer((request, response) => {
    request.resume();
    response.setHeader("x-served-by", "pod-7").end("ok");
  });
  const app = await listen(upstream);
  const satellite = await startSatellite({});
  const collector = { host: "127.0.0.1", port: satellite.port };
  try {
    const envoy = await startEnvoy({
      binary: await envoyBinary,
      name: "reviews-v3",
      config: sidecar({
        workload: workload("reviews-v3"),
        lightspan: {
          wasm,
          config: { collector: { cluster: "lightspan-collector" }, buffer: { flush_interval_ms: 50 }, ...config },
          environment: { POD_NAME: "reviews-v3-2mb96" },
        },
        inbound: {
          service: services.reviews,
          app,
        },
        collector,
        connectionManager: more,
      }),
    });
    await during([envoy], async () => {
      const span = (traceId: string) =>
        eventually(`the span of trace ${traceId}`, () => satellite.store.get(traceId)?.spans[0]);
      await body({ envoy, port: await envoy.listenerPort(inboundListener), span });
    });
  } finally {
    await satellite.close();
    await app.close();
  }
}

const traceId = "463ac35c9f6413ad";
const b3 = `${traceId}-0020000000000001-1`;

/** Sends one request, byte for byte (latin1), and waits for the first line of the answer. */
async function send(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(Buffer.from([...lines, "", ""].join("\r\n"), "latin1")),
    );
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.end();
      resolve(data.toString("latin1").split("\r\n")[0] ?? "");
    });
  });
}

test("custom tags come from literals, environment, headers and properties", async () => {
  const tags = {
    literal: { stage: "canary" },
    environment: { pod: "POD_NAME", not_set: "NOT_SET", region: { source: "NOT_SET", default: "nowhere" } },
    request_headers: {
      host: "host",
      asked: ":path",
      tenant: "x-tenant",
      absent: "x-absent",
      plan: { source: "x-plan", default: "free" },
    },
    response_headers: { served_by: "x-served-by", answered: ":status" },
    properties: {
      upstream_address: "upstream.address",
      attempts: "upstream.request_attempt_count",
      response_code_details: "response.code_details",
      route_name: "xds.route_name",
      mtls: "connection.mtls",
      backend_latency_us: "response.backend_latency",
      canonical: "xds.node.metadata['LABELS']['service.istio.io/canonical-name']",
      nothing: "xds.no.such.thing",
    },
  };
  await withSidecar({ tags }, {}, async ({ port, span }) => {
    const headers = [`b3: ${b3}`, "x-tenant: acme", "x-tenant: other"];
    assert.equal(await send(port, ["GET / HTTP/1.1", "host: reviews", ...headers]), "HTTP/1.1 200 OK");
    const { tags: got } = await span(traceId);
    assert.equal(got.stage, "canary");
    assert.equal(got.pod, "reviews-v3-2mb96");
    assert.equal(got.region, "nowhere");
    assert.deepEqual([got.host, got.asked, got.answered], ["reviews", "/", "200"]);
    assert.equal(got.tenant, "acme", "the first value of a repeated header");
    assert.equal(got.plan, "free");
    assert.equal(got.served_by, "pod-7");
    assert.match(String(got.upstream_address), /^127\.0\.0\.1:\d+$/);
    assert.equal(got.attempts, "1");
    assert.equal(got.response_code_details, "via_upstream");
    assert.equal(got.route_name, "default");
    assert.equal(got.mtls, "false");
    assert.match(String(got.backend_latency_us), /^\d+$/);
    assert.equal(got.canonical, "reviews");
    for (const name of ["not_set", "absent", "nothing"]) assert.equal(got[name], undefined, `${name} has no source`);
  });
});

test("a custom tag is cut to span.max_tag_length between characters", async () => {
  const config = { tags: { request_headers: { tenant: "x-tenant" } }, span: { max_tag_length: 5 } };
  await withSidecar(config, {}, async ({ port, span }) => {
    const tenant = Buffer.from("añoñeria").toString("latin1");
    await send(port, ["GET /123456789 HTTP/1.1", "host: reviews", `b3: ${b3}`, `x-tenant: ${tenant}`]);
    const { tags } = await span(traceId);
    assert.equal(tags.tenant, "año");
    assert.equal(tags["http.url"], "http://reviews/1234");
  });
});

test("span.url_query drop keeps the query out of http.url", async () => {
  await withSidecar({ span: { url_query: "drop" } }, {}, async ({ port, span }) => {
    await send(port, ["GET /a?token=secret HTTP/1.1", "host: reviews", `b3: ${b3}`]);
    assert.equal((await span(traceId)).tags["http.url"], "http://reviews/a");
  });
});

test("bytes that are not UTF-8 become U+FFFD and the report is accepted", async () => {
  await withSidecar({}, {}, async ({ port, span, envoy }) => {
    await send(port, ["GET /a HTTP/1.1", "host: reviews", `b3: ${b3}`, "user-agent: b\xe4d \xff\xfe"]);
    assert.equal((await span(traceId)).tags.user_agent, "b\ufffdd \ufffd\ufffd");
    assert.equal(
      (await envoy.stats("wasmcustom.lightspan.spans_dropped")).get("wasmcustom.lightspan.spans_dropped"),
      0,
    );
  });
});

test("the user and password of an absolute URL are in no tag", async () => {
  await withSidecar({}, {}, async ({ port, span }) => {
    await send(port, ["GET http://user:secret@reviews/a HTTP/1.1", "host: reviews", `b3: ${b3}`]);
    const found = await span(traceId).catch(() => undefined);
    assert.ok(!JSON.stringify(found ?? {}).includes("secret"), JSON.stringify(found));
  });
});

test("authorization and cookies are in no tag", async () => {
  await withSidecar({}, {}, async ({ port, span }) => {
    const credentials = ["authorization: Bearer secret", "cookie: session=secret"];
    await send(port, ["GET /a HTTP/1.1", "host: reviews", `b3: ${b3}`, ...credentials]);
    assert.ok(!JSON.stringify(await span(traceId)).includes("secret"));
  });
});

test("access logs get ids from the written headers, and span ids from filter state", async () => {
  const state = "%FILTER_STATE(wasm.lightspan.trace_id:PLAIN)% %FILTER_STATE(wasm.lightspan.span_id:PLAIN)%";
  const format = `IDS %REQ(X-B3-TRACEID)% %REQ(X-B3-SPANID)% ${state} %REQ(TRACEPARENT)%\n`;
  const accessLog = {
    name: "envoy.access_loggers.stdout",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
      log_format: { text_format_source: { inline_string: format } },
    },
  };
  const config = { log: { trace_id: true }, propagation: { inject: ["b3multi", "tracecontext"] } };
  await withSidecar(config, { access_log: [accessLog] }, async ({ port, span, envoy }) => {
    await send(port, ["GET /a HTTP/1.1", "host: reviews", `b3: ${b3}`]);
    const { spanId } = await span(traceId);
    await send(port, ["GET /b HTTP/1.1", "host: reviews", `b3: ${traceId}-0020000000000001-0`]);
    const lines = await eventually("two lines of the access log", () => {
      const found = envoy
        .log()
        .split("\n")
        .filter((line) => line.startsWith("IDS "));
      return found.length >= 2 ? found : undefined;
    });
    const wide = traceId.padStart(32, "0");
    assert.deepEqual(lines, [
      `IDS ${traceId} ${spanId} ${traceId} ${spanId} 00-${wide}-${spanId}-01`,
      // Not sampled: the caller's span is the last one.
      `IDS ${traceId} 0020000000000001 - - 00-${wide}-0020000000000001-00`,
    ]);
  });
});

const refusals: [what: string, tags: Config, line: string][] = [
  [
    "a tag that Lightspan writes itself",
    { literal: { version: "v9" } },
    "tags.literal.version: is a tag of Lightspan's own; allowed: a name that no other tag has",
  ],
  [
    "the same tag from two sources",
    { literal: { a: "1" }, request_headers: { a: "x-a" } },
    "tags.request_headers.a: is given twice; allowed: a name that no other tag has",
  ],
  [
    "a header name with capitals",
    { request_headers: { a: "X-A" } },
    'tags.request_headers.a: found "X-A"; allowed: a header name in lower case, up to 63 bytes, :authority, :method, :path, :scheme',
  ],
  [
    "a source that is neither text nor an object",
    { properties: { a: 1 } },
    'tags.properties.a: found 1; allowed: a string, {"source":"…","default":"…"}',
  ],
];

for (const [what, tags, line] of refusals) {
  test(`${what} is refused`, async () => {
    const failure = await withSidecar({ tags }, {}, async () => undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(failure instanceof EnvoyFailed, "Envoy started");
    assert.ok(failure.log.includes(`configuration refused: ${line}`), failure.message);
  });
}
