// Sampling rules in real Envoy: which requests they match over each protocol, and a change of rules under load.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { sendLoad, startLoad } from "../faults/load.ts";
import { setScene } from "../faults/scene.ts";
import { assertUnharmed } from "../faults/verdict.ts";
import { account, during, listen, type Listening } from "../ground.ts";
import { http3KeyPair, startHttp3Client } from "../http3/http3.ts";
import { ask, type Question } from "../places/client.ts";
import { settled, startHops } from "../propagation/hops.ts";
import { eventually } from "../../wait.ts";

const rules = [
  { path_prefix: "/checkout/health", rate: 0 },
  { path_prefix: "/checkout", rate: 1 },
  { method: "DELETE", rate: 1 },
  { path_prefix: "/pay", method: "POST", header: { name: "x-tier", value: "gold" }, rate: 1 },
  { header: { name: "x-tenant", value: "acme" }, rate: 1 },
  { header: { name: "x-debug" }, rate: 1 },
  { header: { name: ":authority", value: "vip.test" }, rate: 1 },
  { rate: 0 },
];

/** `authority` becomes `host` or `:authority`. */
interface Asked extends Question {
  authority?: string;
  sampled: boolean;
}

const requests: Asked[] = [
  { path: "/", sampled: false },
  { path: "/checkout", sampled: true },
  { path: "/checkout/cart?id=1", sampled: true },
  { path: "/checkout/healthz", sampled: false },
  { path: "/Checkout", sampled: false },
  { path: "/a/checkout", sampled: false },
  { path: "/excluded", method: "DELETE", sampled: false },
  { path: "/x", method: "DELETE", sampled: true },
  { path: "/pay", method: "POST", headers: { "x-tier": "gold" }, sampled: true },
  { path: "/pay", method: "POST", headers: { "x-tier": "Gold" }, sampled: false },
  { path: "/pay", method: "GET", headers: { "x-tier": "gold" }, sampled: false },
  { path: "/pay", method: "POST", sampled: false },
  { headers: { "x-tenant": "acme" }, sampled: true },
  { headers: { "x-tenant": "acme2" }, sampled: false },
  { headers: { "x-debug": "" }, sampled: true },
  { authority: "vip.test", sampled: true },
  { authority: "other.test", sampled: false },
  // A rule decides for a trace with ids that arrives undecided, and not for one that is decided.
  { path: "/checkout", headers: { b3: "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1" }, sampled: true },
  { path: "/", headers: { b3: "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1" }, sampled: false },
  { path: "/checkout", headers: { b3: "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0" }, sampled: false },
  { path: "/", headers: { b3: "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1" }, sampled: true },
];

let satellite: Satellite;
let upstream: Listening;
before(async () => {
  satellite = await startSatellite();
  upstream = await listen(
    createServer(({ rawHeaders }, response) => {
      response.setHeader("x-cluster", "upstream").end(JSON.stringify(rawHeaders));
    }),
  );
});
after(async () => {
  await Promise.all([satellite?.close(), upstream?.close()]);
});

test("the first rule that matches decides, over each protocol", async () => {
  const settings = { sampling: { rules, exclude_paths: ["/excluded"] } };
  const envoy = await startHops({
    name: "rules",
    hops: [
      { name: "in", direction: "INBOUND", settings },
      { name: "http3", direction: "INBOUND", settings, http3: http3KeyPair },
    ],
    upstream: upstream.port,
    collector: satellite.port,
  });
  await during([envoy], async () => {
    const client = await startHttp3Client({ to: { http3: await envoy.listenerPort("http3") } });
    await during([client.envoy], async () => {
      const tcp = await envoy.listenerPort("in");
      let sent = 0;
      for (const [name, protocol, port] of [
        ["HTTP/1.1", "HTTP/1.1", tcp],
        ["HTTP/2", "HTTP/2", tcp],
        ["HTTP/3", "HTTP/2", client.port("http3")],
      ] as const) {
        for (const { authority, sampled, ...question } of requests) {
          const host = protocol === "HTTP/2" ? ":authority" : "host";
          const headers = { ...question.headers, ...(authority === undefined ? {} : { [host]: authority }) };
          const { status, arrived } = await ask(protocol, port, { ...question, headers });
          const where = `${name} ${JSON.stringify({ authority, ...question })}`;
          assert.equal(status, 200, where);
          const told = arrived.get("x-b3-sampled") ?? arrived.get("b3");
          assert.equal(told?.split("-").at(-1), sampled ? "1" : "0", where);
          sent++;
        }
      }
      const counts = await settled([envoy], sent);
      const recorded = 3 * requests.filter(({ sampled }) => sampled).length;
      assert.deepEqual(
        [counts.requests, counts.spans_recorded, counts.spans_unsampled],
        [sent, recorded, sent - recorded],
      );
    });
  });
});

test("rules change under load: no request is harmed or counted twice, and the new ones hold", async () => {
  const only = (digit: number) => ({
    sampling: {
      rules: [
        { path_prefix: `/${digit}`, rate: 1 },
        { path_prefix: "/", rate: 0 },
      ],
    },
  });
  const scene = await setScene({ dynamic: true, config: only(1) });
  const { envoy, control } = scene;
  const reloads = async (): Promise<number> => {
    const [count = 0] = (await envoy.stats("extension_config_discovery.http_filter.lightspan.config_reload")).values();
    return count;
  };
  try {
    const first = await sendLoad(scene.port, 20);
    const load = startLoad(scene.port, 150);
    for (let flip = 0; flip < 20; flip++) {
      const before = await reloads();
      control?.configure({ config: only(1 + ((flip + 1) % 2)) });
      await eventually("Envoy to take the configuration", reloads, (count) => count > before);
      await load.answers(10);
    }
    control?.configure({ config: only(2) });
    await load.answers(20);
    const seen = await load.stop();
    assertUnharmed(seen);
    let sent = first.sent + seen.sent;
    const counted = (): Promise<Record<string, number>> =>
      eventually(
        `${sent} requests to be counted`,
        () => account([envoy]),
        ({ requests, requests_open }) => requests === sent && requests_open === 0,
      );
    const { spans_recorded: recorded = 0, spans_unsampled: unsampled = 0 } = await counted();
    assert.equal(recorded + unsampled, sent);
    assert.ok(recorded > 0 && unsampled > 0, `${recorded} recorded, ${unsampled} unsampled`);

    const sampledOf = async (path: string): Promise<number> => {
      const { spans_recorded: before = 0 } = await counted();
      await (await fetch(`http://127.0.0.1:${scene.port}${path}`)).text();
      sent++;
      return ((await counted()).spans_recorded ?? 0) - before;
    };
    assert.deepEqual([await sampledOf("/1"), await sampledOf("/2")], [0, 1]);
  } finally {
    await scene.stop();
  }
});
