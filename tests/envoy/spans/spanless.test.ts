// Streams without a span, in real Envoy: each row of the table in docs/tags.md, and the closest request that has one. A
// request with a span follows each stream, so that the absence of a span doesn't depend on time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { socketAddress, type Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { tableBelow } from "../equality/markdown.ts";
import { everything, listenerOf, skippedBy, startForwarder, toUpstream, type Listener } from "../forwarder.ts";
import { during, listen, wasm, type Listening } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";
import { reporting, settled } from "../propagation/hops.ts";
import { http3KeyPair, startHttp3Client, type Http3Client } from "../http3/http3.ts";

/** Sends a request to a port. Resolves to the status of the answer, or 0 if there was none. */
type Send = (port: number) => Promise<number>;

const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.http.${name}`;
const lightspan = lightspanFilter({ wasm, config: reporting({}) });
/** Off except on routes that turn it on, as Envoy Gateway configures an EnvoyExtensionPolicy. */
const perRoute: Config = { ...lightspan, disabled: true };
const healthCheck: Config = {
  name: "health-check",
  typed_config: {
    "@type": type("health_check.v3.HealthCheck"),
    pass_through_mode: false,
    headers: [{ name: ":path", string_match: { exact: "/healthz" } }],
  },
};
const rbac: Config = {
  name: "rbac",
  typed_config: {
    "@type": type("rbac.v3.RBAC"),
    rules: {
      action: "DENY",
      policies: {
        denied: { permissions: [{ url_path: { path: { exact: "/denied" } } }], principals: [{ any: true }] },
      },
    },
  },
};
const skipped = skippedBy(":path", "/skipped", lightspan);
const filterConfig = (config: Config): Config => ({
  typed_per_filter_config: {
    lightspan: { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", ...config },
  },
});
const places: Record<string, Omit<Listener, "name">> = {
  first: { filters: [lightspan, healthCheck] },
  later: { filters: [healthCheck, rbac, lightspan] },
  http3: { filters: [rbac, lightspan], http3: http3KeyPair },
  routes: {
    filters: [perRoute],
    routes: [{ match: { prefix: "/ours" }, route: toUpstream, ...filterConfig({ config: {} }) }],
  },
  off: {
    filters: [lightspan],
    routes: [{ match: { prefix: "/off" }, route: toUpstream, ...filterConfig({ disabled: true }) }, everything],
  },
  plain: { filters: [lightspan], routes: [{ match: { prefix: "/ours" }, route: toUpstream }] },
  skipping: { filters: [skipped] },
};

/** A listener that doesn't read HTTP. */
function tcpListener(): Config {
  const filter = (name: string, type: string, config: Config): Config => ({
    name,
    typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.network.${type}`, ...config },
  });
  const { config } = lightspan.typed_config as Config;
  const filters = [
    filter("lightspan", "wasm.v3.Wasm", { config }),
    filter("tcp", "tcp_proxy.v3.TcpProxy", { stat_prefix: "tcp", cluster: "upstream" }),
  ];
  return { name: "tcp", address: socketAddress("127.0.0.1", 0), filter_chains: [{ filters }] };
}

/** Writes `lines` unchanged. Resolves to the status of the answer, or 0 if there was none. */
function talk(...lines: string[]): Send {
  return (port) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write([...lines, "", ""].join("\r\n"), "latin1"));
      socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer")));
      socket.once("data", (data) => {
        socket.destroy();
        resolve(Number(data.toString("latin1").split(" ")[1]));
      });
      socket.on("error", reject).on("close", () => resolve(0));
    });
}

/** Hangs up in the middle of the headers. */
const leave: Send = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end("GET /gone HTTP/1.1\r\nhost: reviews\r\n"));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("the connection stays open")));
    socket.on("error", reject).on("close", () => resolve(0));
    socket.resume();
  });

/** Asks for no host over HTTP/2, which makes Envoy reset the stream. */
const noAuthority: Send = (port) =>
  new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`).on("error", reject);
    const stream = session.request({ ":path": "/none", ":authority": "" });
    let status = 0;
    stream.on("response", (headers) => (status = Number(headers[":status"])));
    stream.on("error", () => undefined);
    stream.on("close", () => {
      session.destroy();
      resolve(status);
    });
    stream.resume().end();
  });

function get(path: string): Send {
  return async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.arrayBuffer();
    return response.status;
  };
}

const HOST = "host: reviews";
const UPGRADE = [HOST, "connection: upgrade", "upgrade: other"];

/** The first cell of a row, then how to reproduce it and what Envoy answers. */
const rows: [row: string, place: string, send: Send, status: number][] = [
  ["`OPTIONS *`", "first", talk("OPTIONS * HTTP/1.1", HOST), 404],
  ["a request that is not well-formed", "first", talk("NONSENSE"), 400],
  ["a request that is not well-formed", "first", talk("GET path HTTP/1.1", HOST), 400],
  ["a request that is not well-formed", "first", talk("GET / HTTP/1.1", HOST, "no colon"), 400],
  ["a request that is not well-formed", "first", talk("GET / HTTP/1.1"), 400],
  ["a request that is not well-formed", "first", noAuthority, 0],
  ["headers that are too large", "first", talk("GET / HTTP/1.1", HOST, `x: ${"x".repeat(70_000)}`), 431],
  ["HTTP/1.0 or an upgrade that the listener does not accept", "first", talk("GET / HTTP/1.0", HOST), 426],
  ["HTTP/1.0 or an upgrade that the listener does not accept", "first", talk("GET / HTTP/1.1", ...UPGRADE), 403],
  ["a client that leaves within its headers", "first", leave, 0],
  ["an answer of an earlier filter over HTTP/3", "http3", get("/denied"), 403],
  ["a health check that Envoy's own filter answers, if Lightspan comes after it", "later", get("/healthz"), 200],
  [
    "a request without a route, if routes enable Lightspan, as with an EnvoyExtensionPolicy",
    "routes",
    get("/none"),
    404,
  ],
  ["a route that disables Lightspan, a stream that a matcher lets skip it", "off", get("/off"), 200],
  ["a route that disables Lightspan, a stream that a matcher lets skip it", "skipping", get("/skipped"), 200],
  ["a connection that Envoy does not read as HTTP", "tcp", get("/tcp"), 200],
];

/** Cannot be run, because our module doesn't fail. */
const NOT_RUN = ["a request after the module failed"];

/** The closest requests with a span. */
const spans: [what: string, place: string, send: Send, status: number][] = [
  ["an answer of an earlier filter over HTTP/1", "later", get("/denied"), 403],
  ["another answer over HTTP/3", "http3", get("/"), 200],
  ["a health check, if Lightspan comes first", "first", get("/healthz"), 200],
  ["a CONNECT without a route", "first", talk("CONNECT reviews:80 HTTP/1.1", "host: reviews:80"), 404],
  ["an empty host", "first", talk("GET / HTTP/1.1", "host:"), 200],
  ["a request without a route", "plain", get("/none"), 404],
  ["a route that enables Lightspan", "routes", get("/ours"), 200],
  ["a route that does not disable it", "off", get("/"), 200],
  ["a stream that skips nothing", "skipping", get("/"), 200],
];

describe("streams without a span", () => {
  let upstream: Listening;
  let satellite: Satellite;
  let envoy: EnvoyProcess;
  let client: Http3Client;
  /** How many requests have had a span so far. */
  let expected = 0;

  before(async () => {
    upstream = await listen(createServer((request, response) => request.resume().on("end", () => response.end("ok"))));
    satellite = await startSatellite();
    const http = Object.entries(places).map(([name, place]) => listenerOf({ name, ...place }));
    const ports = { upstream: upstream.port, collector: satellite.port };
    envoy = await startForwarder({ name: "spanless", listeners: [...http, tcpListener()], ...ports });
    client = await startHttp3Client({ to: { http3: await envoy.listenerPort("http3") } });
  });
  after(async () => {
    await Promise.all([client?.stop(), envoy?.stop(), satellite?.close(), upstream?.close()]);
  });

  /** Sends a request, then one that has a span. The counters show whether the first has one too, as `hasSpan` says. */
  async function run(place: string, send: Send, status: number, hasSpan: boolean): Promise<void> {
    const port = place === "http3" ? client.port(place) : await envoy.listenerPort(place);
    assert.equal(await send(port), status);
    assert.equal(await get("/next")(await envoy.listenerPort("first")), 200);
    expected += hasSpan ? 2 : 1;
    const counts = await settled([envoy], expected);
    assert.deepEqual([counts.requests, counts.spans_recorded], [expected, expected]);
  }

  for (const [row, place, send, status] of rows) {
    test(`${row}: ${status === 0 ? "no answer" : status} and no span`, () => run(place, send, status, false));
  }
  for (const [what, place, send, status] of spans) {
    test(`${what}: ${status} and a span`, () => run(place, send, status, true));
  }

  test("together they leave nothing open", () =>
    during([envoy], async () => {
      const stored = (): number => satellite.store.list().flatMap((trace) => trace.spans).length;
      await eventually(`${expected} spans`, stored, (count) => count === expected);
    }));

  test("the table has these rows and no others", () => {
    const document = readFileSync(new URL("../../../docs/tags.md", import.meta.url), "utf8");
    const written = tableBelow(document, "Streams without a span").map(([row = ""]) => row);
    assert.deepEqual(written, [...new Set(rows.map(([row]) => row)), ...NOT_RUN]);
  });
});
