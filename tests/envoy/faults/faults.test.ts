// Every fault of a collector and of the way to it, under load, in real Envoy. No request is harmed, memory stays within
// its bound, and finally recorded = sent + dropped + buffered, in agreement with what the collector got.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { accept, type Fault } from "../collector/fault.ts";
import { Gate } from "../collector/gate.ts";
import type { Receipt } from "../collector/ledger.ts";
import { underLoad, type Fate } from "./course.ts";
import { SHORT_TIMEOUT, type Scene, type SceneOptions } from "./scene.ts";
import { startUnreachable } from "./unreachable.ts";

interface Case extends Fate {
  name: string;
  script: [Fault, ...Fault[]];
  scene?: SceneOptions;
}

const status = (status: number, headers: Record<string, string> = {}): [Fault] => [{ kind: "status", status, headers }];
const grpc = (code: number, trailersOnly = false): [Fault] => [
  { kind: "grpc", code, message: "a fault of the test", trailersOnly },
];
const inGrpc: SceneOptions = { grpc: true, config: { collector: { protocol: "otlp", transport: "grpc" } } };
const inOtlp: SceneOptions = { config: { collector: { protocol: "otlp" } } };
const overHttp3: SceneOptions = { http3: true };
const inZipkin: SceneOptions = { config: { collector: { protocol: "zipkin" } } };
const refused: Fate = { lost: ["refused"], mustLose: true };
/** The collector has read the report, and the answer breaks off. */
const brokenOff: Fate = { lost: ["unavailable", "buffer_full"], mustRetry: true, mayRepeat: true };
/** Envoy buffers 32 MiB of an answer before it gives up (`http.async_response_buffer_limit`). */
const endless: Fate = { ...brokenOff, memoryMib: 56 };
const unreached: Fate = { lost: ["unavailable", "buffer_full"], mustLose: true, mustRetry: true };
const retried: Fate = { lost: ["unavailable", "buffer_full"], mustRetry: true };

const CASES: Case[] = [
  { name: "no fault at all", script: [accept] },
  { name: "no fault at all, two workers", script: [accept], scene: { workers: 2 } },
  { name: "an answer of 202", script: status(202) },
  { name: "an answer of 204", script: status(204) },
  { name: "an answer of 301", script: status(301, { location: "/elsewhere" }), ...refused },
  { name: "an answer of 400", script: status(400), ...refused },
  { name: "an answer of 401", script: status(401), ...refused },
  { name: "an answer of 413 above a size", script: [{ kind: "accept", maxBytes: 3000 }] },
  {
    name: "an answer of 413 whatever the size, to Zipkin's format",
    script: status(413),
    scene: inZipkin,
    ...refused,
  },
  { name: "an answer of 500", script: status(500), ...refused },
  { name: "an answer of 503", script: status(503), ...retried },
  { name: "an answer of 503, two workers", script: status(503), scene: { workers: 2 }, ...retried },
  { name: "an answer that is no HTTP", script: [{ kind: "garbage" }], ...brokenOff },
  { name: "an answer without end", script: [{ kind: "endless" }], ...endless },
  {
    name: "a collector that says nothing",
    script: [{ kind: "blackhole" }],
    scene: { config: SHORT_TIMEOUT },
    ...retried,
    // On a slow machine an answer may come too late and cross the next try.
    mayRepeat: true,
  },
  { name: "a reset before the answer", script: [{ kind: "reset", when: "before" }], ...brokenOff },
  { name: "a reset in the middle of the answer", script: [{ kind: "reset", when: "middle" }], ...brokenOff },
  {
    name: "every other answer a 503",
    script: [...status(503), accept, ...status(503), accept, ...status(503), accept],
  },
  { name: "OTLP: an answer of 503", script: status(503), scene: inOtlp, ...retried },
  { name: "HTTP/3: no fault at all", script: [accept], scene: overHttp3 },
  { name: "HTTP/3: an answer of 503", script: status(503), scene: overHttp3, ...retried },
  {
    name: "HTTP/3: a reset before the answer",
    script: [{ kind: "reset", when: "before" }],
    scene: overHttp3,
    ...brokenOff,
  },
  { name: "gRPC: no fault at all", script: [accept], scene: inGrpc },
  { name: "gRPC: UNAVAILABLE", script: grpc(14), scene: inGrpc, ...retried },
  { name: "gRPC: UNAVAILABLE in trailers only", script: grpc(14, true), scene: inGrpc, ...retried },
  { name: "gRPC: INVALID_ARGUMENT", script: grpc(3), scene: inGrpc, ...refused },
  { name: "gRPC: UNAUTHENTICATED in trailers only", script: grpc(16, true), scene: inGrpc, ...refused },
  { name: "gRPC: RESOURCE_EXHAUSTED above a size", script: [{ kind: "accept", maxBytes: 3000 }], scene: inGrpc },
  { name: "gRPC: a proxy's 503", script: status(503), scene: inGrpc, ...retried },
  { name: "gRPC: a reset stream", script: [{ kind: "reset", when: "middle" }], scene: inGrpc, ...brokenOff },
  { name: "gRPC: an answer without end", script: [{ kind: "endless" }], scene: inGrpc, ...endless },
  { name: "gRPC: a message that is none", script: [{ kind: "garbage" }], scene: inGrpc },
];

for (const { name, script, scene, ...fate } of CASES) {
  test(name, async (context) => {
    await underLoad(context, scene ?? {}, fate, {
      begin: ({ collector }) => collector.behave(...script),
      end: ({ collector }) => collector.behave(script[0].kind === "accept" ? script[0] : accept),
    });
  });
}

/** Far enough ahead for the answer to leave before then, on any machine. */
const ahead = (): Date => new Date(Math.ceil(Date.now() / 1000 + 2) * 1000);
/** The header's value, and when the collector wants the next report after one at `from`, in milliseconds. */
const RETRY_AFTER: Record<string, () => { value: string; wanted: (from: number) => number }> = {
  "in seconds": () => ({ value: "1", wanted: (from) => from + 1000 }),
  "as a date": () => {
    const date = ahead();
    return { value: date.toUTCString(), wanted: () => date.getTime() };
  },
};
/** Envoy's clock and this one are each cut to milliseconds. */
const ROUNDING_MS = 2;

for (const [form, header] of Object.entries(RETRY_AFTER)) {
  test(`an answer of 429 with Retry-After ${form}: left alone for a second, and nothing is lost`, async (context) => {
    const { value, wanted } = header();
    const throttling = ({ collector: { ledger } }: Scene): (Receipt | undefined)[] => {
      const index = ledger.receipts.findIndex(({ outcome }) => outcome === "refused");
      return index < 0 ? [] : ledger.receipts.slice(index, index + 2);
    };
    await underLoad(
      context,
      {},
      { mustRetry: true },
      {
        begin: ({ collector }) => collector.behave(...status(429, { "retry-after": value }), accept),
        isFelt: (scene) => throttling(scene).length === 2,
        end: (scene) => {
          const [throttled, next] = throttling(scene);
          assert.ok(throttled && next, "a report that was throttled, and one after it");
          const early = wanted(throttled.receivedAt) - next.receivedAt;
          assert.ok(early <= ROUNDING_MS, `${early} ms too early`);
        },
      },
    );
  });
}

test("a collector that holds its answer back", async (context) => {
  const held = new Gate();
  let report = 0;
  await underLoad(
    context,
    {},
    { lost: ["buffer_full"], mustLose: true },
    {
      begin: ({ collector }) => {
        report = collector.ledger.receipts.length;
        collector.behave({ kind: "accept", after: () => held.opened }, accept);
      },
      end: ({ collector: { ledger } }) => {
        assert.equal(ledger.receipts.length, report + 1, "one report at a time");
        assert.equal(ledger.receipts[report]?.outcome, undefined, "it is still held while requests are answered");
        held.open();
      },
    },
  );
});

test("a collector that dies and comes back", async (context) => {
  await underLoad(context, {}, brokenOff, {
    begin: ({ collector }) => collector.die(),
    end: ({ collector }) => collector.comeBack(),
  });
});

test("a collector that is down from the beginning, and comes", async (context) => {
  await underLoad(context, {}, retried, {
    before: ({ collector }) => collector.die(),
    begin: async () => {},
    end: ({ collector }) => collector.comeBack(),
  });
});

test("a collector that no connection reaches", async (context) => {
  const unreachable = await startUnreachable();
  const scene = {
    collectorCluster: () => ({
      ...cluster(collectorCluster, [{ host: "127.0.0.1", port: unreachable.port }]),
      connect_timeout: "0.25s",
    }),
  };
  try {
    await underLoad(
      context,
      scene,
      { lost: ["unavailable", "buffer_full"], mustLose: true, mustRetry: true },
      {
        begin: () => {},
        isFelt: async ({ envoy }) => {
          const [timeouts = 0] = (
            await envoy.stats(`cluster.${collectorCluster}.upstream_cx_connect_timeout`)
          ).values();
          return timeouts > 0;
        },
      },
    );
  } finally {
    unreachable.stop();
  }
});

const pem = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));

/** The collector's cluster over TLS, trusting only certificates signed by `ca`. */
function overTls(port: number, ca: string): Config {
  return {
    ...cluster(collectorCluster, [{ host: "127.0.0.1", port }]),
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        common_tls_context: { validation_context: { trusted_ca: { filename: pem(ca) } } },
      },
    },
  };
}

test("a TLS handshake that fails: the collector does not speak TLS", async (context) => {
  const scene = { collectorCluster: (port: number) => overTls(port, "ca") };
  await underLoad(context, scene, unreached, { begin: () => {} });
});

for (const [what, ca, fate] of [
  ["a TLS handshake that fails: nobody trusts the certificate", "collector", unreached],
  ["a TLS handshake that does not fail", "ca", {}],
] as const) {
  test(what, async (context) => {
    let collectorPort = 0;
    const certificate = { cert: readFileSync(pem("server")), key: readFileSync(pem("server.key")) };
    const front = createServer(certificate, (socket) => {
      socket.pipe(connect(collectorPort, "127.0.0.1").on("error", () => socket.destroy())).pipe(socket);
      socket.on("error", () => socket.destroy());
    });
    await once(front.listen(0, "127.0.0.1"), "listening");
    const { port } = front.address() as AddressInfo;
    const collectorCluster = (behind: number): Config => {
      collectorPort = behind;
      return overTls(port, ca);
    };
    try {
      await underLoad(context, { collectorCluster }, fate, { begin: () => {} });
    } finally {
      front.close();
    }
  });
}
