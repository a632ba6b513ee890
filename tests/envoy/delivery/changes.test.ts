// Changes around a filter that has spans to deliver, under load in real Envoy: its configuration, cluster, listener,
// Envoy, or the collector's address. In the end the account is right and the last batch is sent.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { accept } from "../collector/fault.ts";
import { Gate } from "../collector/gate.ts";
import { underLoad, type Fate } from "../faults/course.ts";
import { sendLoad, startLoad, type Seen } from "../faults/load.ts";
import { setScene, SHORT_TIMEOUT, type Scene } from "../faults/scene.ts";
import { assertAccount, assertUnharmed, readAccount, settled, type Account } from "../faults/verdict.ts";
import { envoyBinary } from "../ground.ts";
import { eventually } from "../../wait.ts";

const FLIPS = 100;
const PROTOCOLS = ["lightstep", "otlp", "zipkin"];
const RELOADS = "extension_config_discovery.http_filter.lightspan.config_reload";
/** Six of the scene's flush intervals, 50 ms each. */
const SIX_FLUSHES_MS = 300;
/** Nothing is sent until the filter has to. */
const NEVER_FLUSHED: Config = { buffer: { flush_spans: 100_000, flush_interval_ms: 3_600_000, max_bytes: 1_048_576 } };

test("a configuration that changes a hundred times, and its format each time", async (context) => {
  await underLoad(
    context,
    { dynamic: true },
    {},
    {
      begin: async ({ control, envoy }) => {
        const taken = async (): Promise<number> => {
          const [reloads = 0] = (await envoy.stats(RELOADS)).values();
          return reloads;
        };
        for (let flip = 1; flip <= FLIPS; flip++) {
          const before = await taken();
          control?.configure({
            config: { collector: { protocol: PROTOCOLS[flip % 3] }, buffer: { flush_spans: 20 + (flip % 2) } },
          });
          await eventually("Envoy to take the configuration", taken, (reloads) => reloads > before);
        }
      },
    },
  );
});

/** Removes the collector's cluster from Envoy. */
function takeClusterAway({ control }: Scene): void {
  control?.tell(
    "clusters",
    control.clusters.filter(({ name }) => name !== collectorCluster),
  );
}

test("a cluster that is taken away, and given back", async (context) => {
  const fate: Fate = { lost: ["no_cluster", "buffer_full", "unavailable"], mustLose: true, mustRetry: true };
  // If the cluster goes, so does the answer to a report under way.
  await underLoad(
    context,
    { dynamic: true },
    { ...fate, mayRepeat: true },
    {
      begin: takeClusterAway,
      isFelt: async ({ envoy }) => "no_cluster" in (await readAccount(envoy)).reasons,
      end: async ({ control, envoy }) => {
        const told = [...envoy.log().matchAll(/its cluster does not exist; (.*)/g)].map(([, counts]) => counts ?? "");
        assert.ok(told.length > 0 && told.length <= 3, `no line for each loss: ${told.join("; ")}`);
        control?.tell("clusters", control.clusters);
        await eventually("reports to be taken again", envoy.log, (log) => /takes reports again/.test(log));
      },
    },
  );
});

test("a report whose cluster is removed counts as lost, even if the collector has it", async () => {
  const scene = await setScene({ dynamic: true });
  const { receipts } = scene.collector.ledger;
  try {
    const held = new Gate();
    scene.collector.behave({ kind: "accept", after: () => held.opened }, accept);
    const first = await sendLoad(scene.port, 5);
    await eventually("the report", () => receipts[0]);
    takeClusterAway(scene);
    await eventually(
      "Envoy to break off",
      () => readAccount(scene.envoy),
      ({ reasons }) => "no_cluster" in reasons,
    );
    held.open();
    const account = await settled(scene.envoy, first.sent);
    assert.equal(account.reasons.no_cluster, first.sent, "all are counted as lost");
    await eventually("the outcome", () => receipts[0]?.outcome);
    const { uniqueSpans, acknowledged } = scene.collector.ledger.totals();
    assert.ok(uniqueSpans > 0, "the collector has some of them");
    assert.equal(acknowledged, 0, "its answer did not get through");
    assertAccount(account, first.sent, scene.collector.ledger.totals());
  } finally {
    await scene.stop();
  }
});

test("a cluster that does not exist: the loss of one request is reported without another request", async () => {
  const scene = await setScene({ config: { collector: { cluster: "nowhere" } } });
  try {
    await (await fetch(`http://127.0.0.1:${scene.port}/`)).text();
    const line = (counts: string) => `lightspan: collector nowhere: its cluster does not exist; ${counts}`;
    const told = [line("nothing is lost yet"), line("1 span lost, 1 report given up since the last such line")];
    await eventually("both lines", scene.envoy.log, (log) => told.every((each) => log.includes(each)));
  } finally {
    await scene.stop();
  }
});

test("an address that changes in DNS", async (context) => {
  const names = await startNames("127.0.0.1");
  const elsewhere = "127.0.0.2";
  const scene = {
    collectorCluster: (port: number): Config => ({
      ...cluster(collectorCluster, [{ host: "collector.test", port }]),
      dns_lookup_family: "V4_ONLY",
      dns_refresh_rate: "0.1s",
      typed_dns_resolver_config: {
        name: "envoy.network.dns_resolver.cares",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
          resolvers: [{ socket_address: { address: "127.0.0.1", port_value: names.port, protocol: "UDP" } }],
        },
      },
    }),
  };
  let moved = 0;
  let relay: ReturnType<typeof createServer> | undefined;
  try {
    await underLoad(
      context,
      scene,
      {},
      {
        begin: async ({ collector: { port } }) => {
          relay = createServer((socket) => {
            moved++;
            const onward = connect(port, "127.0.0.1").on("error", () => socket.destroy());
            socket.on("error", () => onward.destroy());
            socket.pipe(onward).pipe(socket);
          });
          await once(relay.listen(port, elsewhere), "listening");
          names.address = elsewhere;
        },
        isFelt: () => moved > 0,
        end: () => void relay?.close(),
      },
    );
  } finally {
    relay?.close();
    names.socket.close();
  }
});

test("a configuration that is replaced: its last batch is sent", async () => {
  const scene = await setScene({ dynamic: true, config: NEVER_FLUSHED });
  try {
    const seen = await sendLoad(scene.port, 50);
    assert.equal(scene.collector.ledger.totals().spans, 0, "nothing is sent before");
    scene.control?.configure({});
    const account = await settled(scene.envoy, seen.sent);
    assertAccount(account, seen.sent, scene.collector.ledger.totals());
    assert.equal(account.sent, seen.sent);
  } finally {
    await scene.stop();
  }
});

test("a configuration that is replaced while the collector says nothing: its spans soon count as lost", async () => {
  const scene = await setScene({ dynamic: true, config: { ...NEVER_FLUSHED, ...SHORT_TIMEOUT } });
  try {
    scene.collector.behave({ kind: "blackhole" });
    const seen = await sendLoad(scene.port, 50);
    scene.control?.configure({ config: SHORT_TIMEOUT });
    // The collector never answers, so timeout_ms ends the wait.
    const account = await settled(scene.envoy, seen.sent);
    assertAccount(account, seen.sent, scene.collector.ledger.totals());
    assert.deepEqual(account.reasons, { unavailable: seen.sent });
  } finally {
    await scene.stop();
  }
});

// Envoy ends a VM with its last listener, without waiting for it. Spans that were not flushed while the listener
// drained are lost, and so are the VM's counters.
test("the last listener, taken away: what was flushed while it was drained has arrived", async () => {
  const scene = await setScene({ dynamic: true, extraArgs: ["--drain-time-s", "60"] });
  try {
    const load = startLoad(scene.port, 100);
    await load.answers(50);
    scene.control?.tell("listeners", []);
    await load.answers(2);
    const seen = await load.stop();
    const answered = seen.sent - wrongOf(seen);
    const spans = (): number => scene.collector.ledger.totals().uniqueSpans;
    await eventually(`${answered} spans at the collector`, spans, (count) => count >= answered);
  } finally {
    await scene.stop();
  }
});

test("an Envoy whose listeners are drained: no request is harmed, and every span arrives", async () => {
  const scene = await setScene({ extraArgs: ["--drain-time-s", "5"] });
  try {
    const load = startLoad(scene.port, 100);
    await load.answers(50);
    // Istio's agent does this when its pod ends.
    for (const ask of ["healthcheck/fail", "drain_listeners?graceful"])
      assert.ok((await fetch(`${scene.envoy.admin}/${ask}`, { method: "POST" })).ok, ask);
    await load.answers(50);
    const seen = await load.stop();
    assertUnharmed(seen);
    const account = await settled(scene.envoy, seen.sent);
    assertAccount(account, seen.sent, scene.collector.ledger.totals());
    assert.equal(account.sent, seen.sent);
    await eventually("the listeners to be gone", () => refuses(scene.port));
    assert.equal((await readAccount(scene.envoy)).sent, seen.sent, "and the account is still the same");
  } finally {
    await scene.stop();
  }
});

test("workers without requests, the canary and the main thread send nothing and log nothing", async () => {
  const scene = await setScene({ workers: 4 });
  try {
    // Any timer would have fired by then.
    await sleep(SIX_FLUSHES_MS);
    assert.deepEqual(scene.collector.ledger.receipts, []);
    assert.doesNotMatch(scene.envoy.log(), /wasm log/);
    const { recorded, buffered } = await readAccount(scene.envoy);
    assert.deepEqual([recorded, buffered], [0, 0]);
    const { sent } = await sendLoad(scene.port, 10);
    await settled(scene.envoy, sent);
    const after = scene.collector.ledger.receipts.length;
    await sleep(SIX_FLUSHES_MS);
    assert.equal(scene.collector.ledger.receipts.length, after, "nor do they when the requests have ended");
    assert.deepEqual(scene.collector.ledger.broken, []);
  } finally {
    await scene.stop();
  }
});

// Envoy doesn't wait for a VM when it is told to stop, either. docs/delivery.md says what to do about it.
for (const [how, signal] of [
  ["killed", "SIGKILL"],
  ["told to stop", "SIGTERM"],
] as const) {
  test(`an Envoy that is ${how} loses only what it had not sent`, async (context) => {
    const scene = await setScene();
    try {
      const load = startLoad(scene.port, 150);
      await load.answers(150);
      const before = await eventually(
        "spans to be sent",
        () => readAccount(scene.envoy),
        ({ sent }) => sent > 100,
      );
      const answeredBefore = load.answered;
      await load.answers(10);
      process.kill(-scene.envoy.pid, signal);
      await scene.envoy.ended;
      const seen = await load.stop();
      const answered = seen.sent - wrongOf(seen);
      const { spans, uniqueSpans } = scene.collector.ledger.totals();
      context.diagnostic(`${answered} requests, ${uniqueSpans} spans at the collector`);
      assert.deepEqual(scene.collector.ledger.broken, [], "no half of a report");
      assert.equal(spans, uniqueSpans, "nothing twice");
      assert.ok(uniqueSpans >= before.sent, "what was counted as sent is there");
      const lost = answered - uniqueSpans;
      const unsent = answeredBefore - before.sent;
      assert.ok(lost <= unsent + (answered - answeredBefore), `${lost} spans lost, ${unsent} not sent before the end`);
    } finally {
      await scene.stop();
    }
  });

  test(`an Envoy that is ${how} while a report is under way loses only the spans after it`, async () => {
    const scene = await setScene();
    const { ledger } = scene.collector;
    try {
      const held = new Gate();
      scene.collector.behave({ kind: "accept", after: () => held.opened });
      const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${scene.port}/`)).text();
      await ask();
      const report = await eventually("the report", () => ledger.receipts[0]);
      for (let i = 0; i < 10; i++) await ask();
      const read = (): Promise<Account> => readAccount(scene.envoy);
      await eventually("the others to be buffered", read, ({ recorded }) => recorded === 11);
      process.kill(-scene.envoy.pid, signal);
      await scene.envoy.ended;
      held.open();
      await eventually("the outcome", () => report.outcome);
      const { spans, uniqueSpans } = ledger.totals();
      assert.deepEqual([spans, uniqueSpans], [1, 1]);
    } finally {
      await scene.stop();
    }
  });
}

test("a hot restart: the old and the new Envoy's spans arrive", async () => {
  // Chosen at random, so that no other Envoy on this machine has it.
  const baseId = String(randomInt(1, 2 ** 31));
  const epoch = (number: number): string[] => [
    ...["--base-id", baseId, "--restart-epoch", String(number)],
    ...["--drain-time-s", "1", "--parent-shutdown-time-s", "3"],
  ];
  const scene = await setScene({ extraArgs: epoch(0) });
  try {
    const seen = await sendLoad(scene.port, 50);
    const next = await startEnvoy({
      binary: await envoyBinary,
      name: "the next one",
      config: scene.config,
      extraArgs: epoch(1),
    });
    try {
      await scene.envoy.ended;
      const later = await sendLoad(await next.listenerPort("virtualInbound"), 50);
      const all = seen.sent + later.sent;
      const spans = (): number => scene.collector.ledger.totals().uniqueSpans;
      await eventually(`${all} spans at the collector`, spans, (count) => count === all);
      assert.equal(scene.collector.ledger.totals().spans, all, "nothing twice");
    } finally {
      await next.stop();
    }
  } finally {
    await scene.stop();
  }
});

test("the token of an environment variable is in every report, and in no dump, log or counter", async () => {
  const token = "a-token-that-nobody-may-see";
  const scene = await setScene({
    environment: { LIGHTSTEP_ACCESS_TOKEN: token },
    config: { collector: { access_token_env: "LIGHTSTEP_ACCESS_TOKEN" } },
  });
  try {
    scene.collector.behave(
      { kind: "status", status: 401, body: `token ${token} is not known` },
      { kind: "status", status: 503, headers: { "x-token": token } },
      { kind: "accept" },
    );
    const load = startLoad(scene.port, 100);
    await eventually(
      "three answers and more",
      () => scene.collector.ledger.receipts.length,
      (count) => count > 3,
    );
    const { sent } = await load.stop();
    await settled(scene.envoy, sent);
    assert.ok(scene.collector.ledger.receipts.every(({ tokenInHeader, tokenInBody }) => tokenInHeader && tokenInBody));
    for (const page of ["/config_dump?include_eds", "/stats", "/stats/prometheus", "/clusters", "/server_info"]) {
      const text = await (await fetch(scene.envoy.admin + page)).text();
      assert.ok(!text.includes(token), `the token is in ${page}`);
    }
    assert.ok(!scene.envoy.log().includes(token), "the token is in the log");
  } finally {
    await scene.stop();
  }
});

/** How many answers were wrong. */
function wrongOf({ wrong }: Seen): number {
  return [...wrong.values()].reduce((sum, count) => sum + count, 0);
}

/** True once nothing listens on `port`. */
function refuses(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve(true));
    socket.on("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

interface Names {
  port: number;
  /** The address of every name. */
  address: string;
  socket: Socket;
}

/** Starts a name server that knows one address. */
async function startNames(address: string): Promise<Names> {
  const socket = createSocket("udp4");
  const names: Names = { port: 0, address, socket };
  socket.on("message", (query, { port, address: from }) => socket.send(answerTo(query, names.address), port, from));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  names.port = socket.address().port;
  return names;
}

/** RFC 1035: the query's id and question, and one A record for its name with a TTL of zero. */
function answerTo(query: Buffer, address: string): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5;
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)];
  return Buffer.concat([header, query.subarray(12, questionEnd), Buffer.from(record)]);
}
