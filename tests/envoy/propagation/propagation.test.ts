// Every case of tests/fixtures/propagation.txt through real Envoy, inbound, outbound, over HTTP/3, and with Envoy
// writing the headers: what arrives on a raw socket, what reaches the upstream, the span, and what counts as malformed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { warningsOf } from "../../../runner/log.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { mismatch, readFixture, show, traceHeadersOf, type Case, type Outcome } from "../../fixtures/propagation.ts";
import { startEcho, send } from "./echo.ts";
import { noneUnaccounted, type Listening } from "../ground.ts";
import { internal, settled, startHops, type Direction } from "./hops.ts";
import { http3KeyPair, startHttp3Client, type Http3Client } from "../http3/http3.ts";

const blocks = readFixture();

/** A way for a request to go. */
interface Way {
  name: string;
  direction: Direction;
  kind: string;
  isHttp3?: true;
  propagation?: object;
}

const ways: Way[] = [
  { name: "inbound", direction: "INBOUND", kind: "server" },
  { name: "outbound", direction: "OUTBOUND", kind: "client" },
  { name: "inbound over HTTP/3", direction: "INBOUND", kind: "server", isHttp3: true },
  { name: "via filter_state", direction: "INBOUND", kind: "server", propagation: { via: "filter_state" } },
];

let satellite: Satellite;
let echo: Listening;
let envoy: EnvoyProcess;
let client: Http3Client;

/** The outcome of each request, or why it was not answered. */
const outcomes = new Map<string, Outcome | Error>();

/** Why a request cannot take this way; undefined if it can. */
function obstacle({ arriving }: Case, { isHttp3 }: Way): string | undefined {
  if (!isHttp3) return undefined;
  if (arriving.some(([, value]) => /[^ -~]/.test(value))) return "QUIC's codec takes no such bytes in a value";
  if (arriving.some(([name]) => name === "x-envoy-force-trace")) return "the client, an Envoy, removes that header";
  return undefined;
}

/** Names a request, for Envoy too: the name is the user agent, and so a tag of its span. */
function nameOf({ line }: Case, way: Way): string {
  return `line ${line}, ${way.name}`;
}

async function portOf(settings: string, way: Way): Promise<number> {
  const name = `${settings}, ${way.name}`;
  return way.isHttp3 ? client.port(name) : envoy.listenerPort(name);
}

/** True if it was answered. */
async function request(each: Case, way: Way, port: number): Promise<boolean> {
  const name = nameOf(each, way);
  try {
    const headers = await send(port, each.path, [["user-agent", name], ...each.arriving]);
    outcomes.set(name, { departed: traceHeadersOf(headers), spans: [], malformed: 0 });
    return true;
  } catch (error) {
    outcomes.set(name, error instanceof Error ? error : new Error(String(error)));
    return false;
  }
}

/** Sends all requests. The counter does not show which case it counted, so the cases run one after the other. */
async function requestAll(): Promise<void> {
  let requests = 0;
  let malformed = 0;
  for (const { name, cases } of blocks) {
    const ports = await Promise.all(ways.map((way) => portOf(name, way)));
    for (const each of cases) {
      const open = ways.filter((way) => obstacle(each, way) === undefined);
      const answered = open.map((way) => request(each, way, ports[ways.indexOf(way)] ?? 0));
      requests += (await Promise.all(answered)).filter(Boolean).length;
      const { context_malformed = 0 } = await settled([envoy], requests);
      for (const way of open) {
        const outcome = outcomes.get(nameOf(each, way));
        if (outcome === undefined || outcome instanceof Error) continue;
        outcome.malformed = (context_malformed - malformed) / open.length;
      }
      malformed = context_malformed;
    }
  }
}

function assignSpans(): void {
  for (const span of satellite.store.list().flatMap(({ spans }) => spans)) {
    const outcome = outcomes.get(String(span.tags.user_agent));
    if (outcome === undefined || outcome instanceof Error) continue;
    outcome.spans.push({ id: span.spanId, trace: span.traceId, parent: span.parentId, kind: span.kind });
  }
}

function check(each: Case, way: Way, settings: string): void {
  const outcome = outcomes.get(nameOf(each, way));
  assert.ok(outcome, "the request was never sent");
  const reason = outcome instanceof Error ? outcome.message : mismatch(each, outcome, way.kind);
  if (reason === undefined) return;
  const told = [
    reason,
    `${each.name}, line ${each.line} of the fixture, ${way.name}, with ${settings}`,
    `${show(each.arriving, ">")}\n--- expected\n${show(each.departing, "<")}`,
    `--- departed\n${outcome instanceof Error ? "" : show(outcome.departed, "<")}`,
    `--- log of Envoy\n${warningsOf(envoy.log()) || "(no warnings)"}`,
  ];
  assert.fail(told.join("\n"));
}

before(async () => {
  satellite = await startSatellite({ maxTraces: 10_000 });
  echo = await startEcho();
  const hops = blocks.flatMap(({ name, json }) =>
    ways.map((way) => ({
      name: `${name}, ${way.name}`,
      direction: way.direction,
      settings: { ...json, propagation: { ...(json.propagation ?? {}), ...way.propagation } },
      ...(way.isHttp3 ? { http3: http3KeyPair } : {}),
    })),
  );
  const ports = { upstream: echo.port, collector: satellite.port };
  envoy = await startHops({ name: "matrix", hops, connectionManager: internal, ...ports });
  const overHttp3 = hops.filter((hop) => "http3" in hop).map(({ name }) => name);
  const udp = overHttp3.map(async (name) => [name, await envoy.listenerPort(name)] as const);
  client = await startHttp3Client({ to: Object.fromEntries(await Promise.all(udp)) });
  await requestAll();
  await noneUnaccounted(envoy);
  assignSpans();
});

after(async () => {
  // Any of them may be missing: before() may have failed.
  await Promise.all([envoy?.stop(), client?.stop(), satellite?.close(), echo?.close()]);
});

for (const { name, json, cases } of blocks) {
  describe(name, () => {
    for (const each of cases) {
      for (const way of ways) {
        const title = `${each.name} (line ${each.line}, ${way.name})`;
        test(title, { skip: obstacle(each, way) }, () => check(each, way, JSON.stringify(json)));
      }
    }
  });
}
