// The tests' HTTP/3 client: what is sent to it arrives over QUIC unchanged.
import assert from "node:assert/strict";
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders } from "node:http2";
import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { send, startEcho } from "../propagation/echo.ts";
import { during, envoyBinary } from "../ground.ts";
import { eventually } from "../../wait.ts";
import { http3KeyPair, startHttp3Client } from "./http3.ts";

const accessLog: Config = {
  name: "stdout",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
    log_format: { text_format_source: { inline_string: "%PROTOCOL% %REQ(:PATH)% %RESPONSE_CODE%\n" } },
  },
};

function http3Listener(upstream: string): Config {
  return httpListener({
    name: upstream,
    address: "127.0.0.1",
    port: 0,
    direction: "INBOUND",
    routeName: "all",
    virtualHosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: upstream } }] }],
    filters: [],
    connectionManager: { generate_request_id: false, access_log: [accessLog] },
    http3: http3KeyPair,
  });
}

/** The trailers of the answer to one HTTP/2 request that itself ends with trailers. */
function exchangeTrailers(port: number): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`).on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": "/trailers" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-request-trailer": "1" }));
    stream.on("trailers", (trailers) => resolve(trailers));
    stream.on("close", () => session.destroy()).on("error", reject);
    stream.resume().end("hello");
  });
}

test("a stock Envoy speaks HTTP/3 for any client", async () => {
  const echo = await startEcho();
  let resets = 0;
  const streams = createHttp2Server().on("stream", (stream, headers) => {
    stream.on("error", () => undefined).on("aborted", () => resets++);
    if (headers[":path"] === "/hang") return;
    stream.on("trailers", (trailers) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-saw": String(trailers["x-request-trailer"]) }));
      stream.end();
    });
    stream.resume();
  });
  await new Promise<void>((resolve) => streams.listen(0, "127.0.0.1", resolve));
  const { port } = streams.address() as AddressInfo;
  try {
    const clusters = [cluster("echo", [echo]), cluster("streams", [{ host: "127.0.0.1", port }], { http2: true })];
    const server = await startEnvoy({
      binary: await envoyBinary,
      name: "http3-server",
      config: bootstrap({ id: "http3-server", cluster: "tests" }, ["echo", "streams"].map(http3Listener), clusters),
      // Envoy treats the UDP listeners of several workers differently.
      concurrency: 2,
      extraArgs: ["--file-flush-interval-msec", "50"],
    });
    const logged = (line: string): Promise<true> =>
      eventually(`the access log to say ${line}`, () => server.log().split("\n").includes(line) || undefined);
    await during([server], async () => {
      const to = { echo: await server.listenerPort("echo"), streams: await server.listenerPort("streams") };
      const client = await startHttp3Client({ to });
      await during([client.envoy], async () => {
        const sent = [
          ["x-request-id", "not a uuid"],
          ["b3", "0"],
          ["x-twice", "1"],
          ["x-twice", "2"],
          ["x-forwarded-for", "192.0.2.1"],
        ] as [string, string][];
        const arrived = await send(client.port("echo"), "/get?a=1", sent);
        assert.deepEqual(
          arrived.filter(([name]) => !/^(x-envoy-expected-rq-timeout-ms|x-forwarded-proto)$/.test(name)),
          [["host", "reviews.default:9080"], ...sent],
        );
        await logged("HTTP/3 /get?a=1 200");

        assert.equal((await exchangeTrailers(client.port("streams")))["x-saw"], "1");
        await logged("HTTP/3 /trailers 200");

        const hanging = get({ port: client.port("streams"), path: "/hang", agent: false }).on("error", () => undefined);
        await eventually("the request upstream", async () => {
          const active = await server.stats("cluster.streams.upstream_rq_active");
          return active.get("cluster.streams.upstream_rq_active") === 1 || undefined;
        });
        hanging.destroy();
        await eventually("the reset upstream", () => resets === 1 || undefined);
      });
    });
  } finally {
    streams.close();
    await echo.close();
  }
});
