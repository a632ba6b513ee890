// The examples of docs/sampling.md do in real Envoy what their headings say.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { thresholdOf, type OtlpSpan } from "../../otlp.ts";
import { eventually } from "../../wait.ts";
import { setScene } from "../faults/scene.ts";
import { account, during, listen, type Listening } from "../ground.ts";
import { settled, startHops, type Direction } from "../propagation/hops.ts";
import { startReceiver, type Receiver } from "../receiver.ts";

const document = readFileSync(new URL("../../../docs/sampling.md", import.meta.url), "utf8");

/** The configurations below a heading, with an OTLP collector that the test has. */
function configurationsBelow(heading: string): Config[] {
  const [, section = ""] = document.split(`### ${heading}\n`);
  const [own = ""] = section.split(/^##/m);
  const blocks = [...own.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = ""]) => JSON.parse(json) as Config);
  return blocks.map((block) => ({ ...block, collector: { cluster: collectorCluster, protocol: "otlp" } }));
}

const CALLER = "80f198ee56343ba864fe8b2a57d3eff7";
/** Of requests that are sampled at 1 %, more are as good as impossible: one in 10^18 times. */
const FEW = 30;
/** Slower than the documents' configurations allow. */
const SLOW_MS = 2_100;

let upstream: Listening;
let receiver: Receiver;

before(async () => {
  // An application that fails or is slow if the path says so.
  upstream = await listen(
    createServer((request, response) => {
      response.statusCode = request.url?.endsWith("/fails") ? 500 : 200;
      setTimeout(() => response.end("ok"), request.url?.endsWith("/slow") ? SLOW_MS : 0);
    }),
  );
  receiver = await startReceiver();
});

after(async () => {
  await Promise.all([upstream?.close(), receiver?.close()]);
});

async function startHop(direction: Direction, settings: Config, to = upstream.port): Promise<EnvoyProcess> {
  const hops = [{ name: "http", direction, settings }];
  return startHops({ name: direction, hops, upstream: to, collector: receiver.port });
}

async function send(envoy: EnvoyProcess, times: number, path: string, headers: Record<string, string> = {}) {
  const url = `http://127.0.0.1:${await envoy.listenerPort("http")}${path}`;
  for (let i = 0; i < times; i++) await (await fetch(url, { headers })).text();
}

/** The spans of requests to `path` so far. */
function spansOf(path: string): OtlpSpan[] {
  return receiver.spans.filter(({ tags }) => tags["http.url"]?.endsWith(path));
}

const keptAs = (spans: OtlpSpan[]): string[] => spans.map(({ tags }) => tags["sampling.kept"] ?? "");
const traceIds = (spans: OtlpSpan[]): Set<string> => new Set(spans.map(({ traceId }) => traceId));

test("1 % of everything, all of checkout, no health checks, every error", async () => {
  receiver.spans.length = 0;
  const [settings = {}] = configurationsBelow("1 % of everything, all of checkout, no health checks, every error");
  const envoy = await startHop("INBOUND", settings);
  await during([envoy], async () => {
    await send(envoy, 300, "/other");
    await send(envoy, 20, "/checkout/pay");
    await send(envoy, 20, "/checkout/pay/fails");
    await send(envoy, 20, "/healthz");
    await send(envoy, 20, "/healthz/fails");
    await send(envoy, 50, "/other/fails");
    await settled([envoy], 430);
    assert.ok(spansOf("/other").length < FEW);
    for (const span of spansOf("/other")) assert.equal(span.traceState, "ot=th:fd70a3d70a3d7");
    assert.equal(spansOf("/checkout/pay").length, 20);
    assert.ok(spansOf("/checkout/pay").every(({ traceState }) => traceState === "ot=th:0"));
    assert.deepEqual(keptAs(spansOf("/checkout/pay/fails")), Array<string>(20).fill(""));
    assert.deepEqual([...spansOf("/healthz"), ...spansOf("/healthz/fails")], []);
    const failed = spansOf("/other/fails");
    assert.equal(failed.length, 50);
    for (const span of failed)
      assert.equal(thresholdOf(span) === undefined, span.tags["sampling.kept"] === "error", span.traceState);
    assert.ok(keptAs(failed).filter((kept) => kept === "error").length > 50 - FEW);
  });
});

test("all traces of one tenant for an hour, by a change of the running Envoy's configuration and back", async () => {
  const [wanted = {}] = configurationsBelow("All traces of one tenant for an hour");
  const usual = { sampling: { rate: (wanted.sampling as { rate: number }).rate } };
  const scene = await setScene({ dynamic: true, config: usual });
  const RELOADS = "extension_config_discovery.http_filter.lightspan.config_reload";
  const reloads = async (): Promise<number> => [...(await scene.envoy.stats(RELOADS)).values()][0] ?? 0;
  const configure = async ({ sampling }: Config): Promise<void> => {
    const before = await reloads();
    scene.control?.configure({ config: { sampling: sampling as Config } });
    await eventually("Envoy to take the configuration", reloads, (count) => count > before);
  };
  let requests = 0;
  /** How many of 50 requests of this tenant are recorded. */
  const recordedOf = async (tenant: string): Promise<number> => {
    const { spans_recorded: before = 0 } = await account([scene.envoy]);
    for (let i = 0; i < 50; i++) {
      const headers = { "x-tenant": tenant };
      await (await fetch(`http://127.0.0.1:${scene.port}/`, { headers })).text();
    }
    requests += 50;
    const { spans_recorded: recorded = 0 } = await settled([scene.envoy], requests);
    return recorded - before;
  };
  try {
    assert.ok((await recordedOf("acme")) < FEW);
    await configure(wanted);
    assert.equal(await recordedOf("acme"), 50);
    assert.ok((await recordedOf("other")) < FEW);
    await configure(usual);
    assert.ok((await recordedOf("acme")) < FEW);
  } finally {
    await scene.stop();
  }
});

test("an edge that decides for a mesh", async () => {
  receiver.spans.length = 0;
  const [atEdge = {}, inside = {}] = configurationsBelow("An edge that decides for a mesh");
  const inner = await startHop("INBOUND", inside);
  const edge = await startHop("OUTBOUND", atEdge, await inner.listenerPort("http"));
  await during([edge, inner], async () => {
    // A stranger wants every trace; the edge decides anew.
    const b3 = { b3: `${CALLER}-e457b5a2e4d86bd1-1` };
    await send(edge, 300, "/other", b3);
    await send(edge, 20, "/checkout", b3);
    await send(edge, 50, "/other/fails", b3);
    // A job inside, without a trace.
    await send(inner, 50, "/job");
    await send(inner, 20, "/job/fails");
    await send(inner, 1, "/job/slow");
    await settled([edge, inner], 811);
    assert.ok(!traceIds(receiver.spans).has(CALLER));
    const checkouts = spansOf("/checkout");
    assert.deepEqual([checkouts.length, traceIds(checkouts).size], [40, 20], "both hops have the same traces");
    const others = spansOf("/other");
    assert.ok(traceIds(others).size < FEW);
    assert.equal(others.length, 2 * traceIds(others).size, "both hops have the same traces");
    const failed = spansOf("/other/fails");
    const kept = failed.filter(({ tags }) => tags["sampling.kept"] === "error");
    assert.equal(traceIds(failed).size, 50);
    assert.equal(kept.length + (failed.length - kept.length) / 2, 50, "sampled ones at both hops, kept ones inside");
    assert.deepEqual(spansOf("/job"), []);
    assert.deepEqual(keptAs(spansOf("/job/fails")), Array<string>(20).fill("error"));
    assert.deepEqual(keptAs(spansOf("/job/slow")), ["slow"]);
  });
});
