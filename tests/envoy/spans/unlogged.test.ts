// Streams whose log callback comes late or never, in real Envoy: HTTP/3, upstream filters, a TCP chain, a stream that
// skipped the filter. Each is seen and counted once, and none stays in the stream table.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { socketAddress, type Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter, routerFilter } from "../../../runner/config/filter.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { listenerOf, skippedBy, startForwarder } from "../forwarder.ts";
import { account, during, listen, startSink, wasm, type Listening } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";
import { reporting, settled, startHops } from "../propagation/hops.ts";
import { http3KeyPair, startHttp3Client } from "../http3/http3.ts";

const TRACE = "80f198ee56343ba8";
const B3 = { b3: `${TRACE}-e457b5a2e4d86bd1-1` };

let upstream: Listening;
let satellite: Satellite;
before(async () => {
  upstream = await listen(
    createServer((request, response) => {
      request.resume();
      if (request.url?.startsWith("/hang")) return;
      // One answer begins but never ends, and one comes before the upload is complete.
      if (request.url === "/stuck") response.write("hello");
      else if (request.url === "/early") response.end("no");
      else request.on("end", () => response.end("hello"));
    }),
  );
  satellite = await startSatellite();
});
after(async () => {
  await Promise.all([upstream?.close(), satellite?.close()]);
});

/** The span whose URL ends with `path`. */
function spanOf(path: string): Promise<Span> {
  const spans = (): Span[] => satellite.store.list().flatMap((trace) => trace.spans);
  return eventually(`the span of ${path}`, () => spans().find(({ tags }) => String(tags["http.url"]).endsWith(path)));
}

const get = (port: number, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });

/** An Envoy with one listener. */
function start(name: string, listener: Config): Promise<EnvoyProcess> {
  return startForwarder({ name, listeners: [listener], upstream: upstream.port, collector: satellite.port });
}

describe("over HTTP/3", () => {
  test("each request makes one span, however it ends, and the account closes", async () => {
    const settings = { tags: { request_headers: { tenant: "x-tenant", asked: "host", way: ":path" } } };
    const server = await startHops({
      name: "http3",
      hops: [{ name: "in", direction: "INBOUND", settings, http3: http3KeyPair }],
      upstream: upstream.port,
      collector: satellite.port,
    });
    await during([server], async () => {
      const client = await startHttp3Client({ to: { in: await server.listenerPort("in") } });
      await during([client.envoy], async () => {
        const port = client.port("in");
        assert.equal((await get(port, "/one?a=1", { ...B3, "x-tenant": "acme" })).status, 200);
        const span = await spanOf("/one?a=1");
        assert.equal(span.parentId, "e457b5a2e4d86bd1");
        const { tags } = span;
        assert.deepEqual(
          [tags["http.protocol"], tags["http.method"], tags["http.status_code"], tags.tenant, tags.request_size],
          ["HTTP/3", "GET", "200", "acme", "0"],
        );
        assert.deepEqual([tags.asked, tags.way], [`127.0.0.1:${port}`, "/one?a=1"]);
        const body = "x".repeat(1000);
        const posted = await fetch(`http://127.0.0.1:${port}/posted`, { method: "POST", body });
        assert.equal(posted.status, 200);
        assert.equal((await spanOf("/posted")).tags.request_size, "1000");
        assert.equal((await get(port, "/denied", { b3: "0" })).status, 200);

        const hanging = connect(port, "127.0.0.1", () => hanging.write("GET /hang HTTP/1.1\r\nhost: reviews\r\n\r\n"));
        const read = (): Promise<Record<string, number>> => account([server]);
        // The gauge alone could still tell of the request before.
        await eventually("the request to be open", read, ({ requests, requests_open }) => {
          return requests === 4 && requests_open === 1;
        });
        hanging.destroy();
        assert.equal((await spanOf("/hang")).tags["http.status_code"], "0");
        const counts = await settled([server], 4);
        assert.deepEqual(
          [counts.requests, counts.spans_recorded, counts.spans_unsampled, counts.requests_open],
          [4, 3, 1, 0],
        );
      });
    });
  });

  test("an early end makes a span: client gone, upload cut, connection dead, listener drained", async () => {
    const server = await startHops({
      name: "http3-early",
      hops: [{ name: "in", direction: "INBOUND", settings: {}, http3: http3KeyPair }],
      upstream: upstream.port,
      collector: satellite.port,
      // The server doesn't learn that a client was killed: its streams end when they have been idle for this long.
      connectionManager: { stream_idle_timeout: "20s" },
    });
    const read = (): Promise<Record<string, number>> => account([server]);
    const open = (count: number): Promise<unknown> =>
      eventually(`${count} requests to be open`, read, ({ requests_open }) => requests_open === count);
    await during([server], async () => {
      const to = { in: await server.listenerPort("in") };
      const client = await startHttp3Client({ to });
      await during([client.envoy], async () => {
        const port = client.port("in");
        const during = connect(port, "127.0.0.1", () => during.write("GET /stuck HTTP/1.1\r\nhost: reviews\r\n\r\n"));
        await new Promise((resolve) => during.once("data", resolve));
        during.destroy();
        await spanOf("/stuck");

        const head = "POST /early HTTP/1.1\r\nhost: reviews\r\ncontent-length: 100\r\n\r\nhalf";
        const early = connect(port, "127.0.0.1", () => early.write(head));
        await new Promise((resolve) => early.once("data", resolve));
        early.destroy();
        await spanOf("/early");

        const hanging = Array.from({ length: 50 }, (_, i) => get(port, `/hang/${i}`).catch(() => undefined));
        await open(50);
        process.kill(client.envoy.pid, "SIGKILL");
        await Promise.all(hanging);
      });
      const second = await startHttp3Client({ to });
      await during([second.envoy], async () => {
        const hanging = Array.from({ length: 5 }, (_, i) =>
          get(second.port("in"), `/hang/drain/${i}`).catch(() => undefined),
        );
        await open(55);
        await fetch(`${server.admin}/drain_listeners?graceful`, { method: "POST" });
        await second.stop();
        await Promise.all(hanging);
      });
      const counts = await eventually("all to have ended", read, (all) => {
        return all.requests_open === 0 && all.spans_recorded === all.spans_sent;
      });
      assert.deepEqual([counts.requests, counts.spans_recorded], [57, 57]);
    });
  });

  test("20,000 requests leave nothing behind", async () => {
    const collector = await startSink();
    const server = await startHops({
      name: "http3-many",
      hops: [{ name: "in", direction: "INBOUND", settings: {}, http3: http3KeyPair }],
      upstream: upstream.port,
      collector: collector.port,
      connectionManager: {
        route_config: {
          virtual_hosts: [
            {
              name: "all",
              domains: ["*"],
              routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "ok" } } }],
            },
          ],
        },
      },
    });
    await during([server], async () => {
      const client = await startHttp3Client({ to: { in: await server.listenerPort("in") } });
      await during([client.envoy], async () => {
        const requests = 20_000;
        const lines = "GET /many HTTP/1.1\r\nhost: reviews\r\n\r\n".repeat(requests / 20);
        await Promise.all(Array.from({ length: 20 }, () => pipeline(client.port("in"), lines, requests / 20)));
        const read = (): Promise<Record<string, number>> => account([server]);
        const counts = await eventually("all to be counted", read, ({ spans_recorded, requests_open }) => {
          return spans_recorded === requests && requests_open === 0;
        });
        assert.equal(counts.requests, requests);
      });
    });
    await collector.close();
  });
});

/** Sends pipelined requests and waits for all answers. */
function pipeline(port: number, requests: string, answers: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(requests));
    let left = answers;
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`${left} answers did not come`)));
    socket.on("error", reject);
    socket.on("data", (data) => {
      left -= data.toString("latin1").split("HTTP/1.1 200").length - 1;
      if (left > 0) return;
      socket.destroy();
      resolve();
    });
  });
}

test("among upstream filters each attempt makes a span, and none is left open", async () => {
  const router: Config = {
    ...routerFilter(),
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
      upstream_http_filters: [lightspanFilter({ wasm, config: reporting({}) }), codec],
    },
  };
  const connectionManager = { http_filters: [router] };
  const listener = listenerOf({ name: "in", direction: "OUTBOUND", filters: [], connectionManager });
  const envoy = await start("upstream-filters", listener);
  await during([envoy], async () => {
    const port = await envoy.listenerPort("in");
    for (let i = 0; i < 5; i++) assert.equal((await get(port, `/upstream/${i}`)).status, 200);
    const counts = await settled([envoy], 5);
    assert.deepEqual([counts.requests, counts.spans_recorded, counts.requests_open], [5, 5, 0]);
    const span = await spanOf("/upstream/4");
    assert.ok(span.durationMicros >= 0 && span.durationMicros < 60_000_000, `${span.durationMicros} µs`);
  });
});

const codec: Config = {
  name: "envoy.filters.http.upstream_codec",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec" },
};

test("in a TCP chain nothing is counted and nothing is left open", async () => {
  const filter = lightspanFilter({ wasm, config: reporting({}) });
  const config = (filter.typed_config as Config).config;
  const listener: Config = {
    name: "tcp",
    address: socketAddress("127.0.0.1", 0),
    filter_chains: [
      {
        filters: [
          {
            name: "lightspan",
            typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm", config },
          },
          {
            name: "tcp",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
              stat_prefix: "tcp",
              cluster: "upstream",
            },
          },
        ],
      },
    ],
  };
  const envoy = await start("tcp", listener);
  await during([envoy], async () => {
    const port = await envoy.listenerPort("tcp");
    for (let i = 0; i < 5; i++) assert.equal((await get(port, "/tcp")).status, 200);
    const counts = await account([envoy]);
    assert.deepEqual([counts.requests, counts.requests_open], [0, 0]);
  });
});

test("a stream that skipped the filter, and went to an upstream, makes no span", async () => {
  const skippable = skippedBy("x-skip", "yes", lightspanFilter({ wasm, config: reporting({}) }));
  const listener = listenerOf({ name: "in", filters: [skippable] });
  const envoy = await start("skipped", listener);
  await during([envoy], async () => {
    const port = await envoy.listenerPort("in");
    assert.equal((await get(port, "/skipped", { "x-skip": "yes" })).status, 200);
    assert.equal((await get(port, "/taken")).status, 200);
    const counts = await settled([envoy], 1);
    assert.deepEqual([counts.requests, counts.spans_recorded], [1, 1]);
    await spanOf("/taken");
  });
});
