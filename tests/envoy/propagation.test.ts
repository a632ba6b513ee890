// Every case of tests/fixtures/propagation.txt through real Envoy, inbound and outbound: what arrives on a raw socket, what
// reaches the upstream, which span is reported, what counts as malformed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EnvoyProcess } from "../../envoy/process.ts";
import { warningsOf } from "../../envoy/log.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import type { Span } from "../../satellite/traces.ts";
import { mismatch, readFixture, show, traceHeadersOf, type Case, type Outcome } from "../fixtures/propagation.ts";
import { startEcho, send, type Echo } from "./echo.ts";
import { account, eventually } from "./ground.ts";
import { directions, internal, startHops, type Direction } from "./hops.ts";

const blocks = readFixture();
const spanKind = { INBOUND: "server", OUTBOUND: "client" };

let satellite: Satellite;
let echo: Echo;

before(async () => {
  satellite = await startSatellite({ maxTraces: 10_000 });
  echo = await startEcho();
});

after(async () => {
  await satellite.close();
  await echo.close();
});

function spans(): Span[] {
  return satellite.store.list().flatMap((trace) => trace.spans);
}

/** Waits until every request has been counted, and every span of them sent. */
async function settled(envoy: EnvoyProcess, requests: number): Promise<Record<string, number>> {
  return eventually(`the account of ${requests} requests`, async () => {
    const counts = await account([envoy]);
    const { spans_recorded = 0, spans_unsampled = 0, spans_sent = 0, spans_dropped = 0 } = counts;
    const isSettled = spans_recorded + spans_unsampled === requests && spans_recorded === spans_sent + spans_dropped;
    return isSettled ? counts : undefined;
  });
}

describe("tests/fixtures/propagation.txt", () => {
  let envoy: EnvoyProcess;
  const outcomes = new Map<string, Outcome | Error>();
  const keyOf = (each: Case, direction: Direction): string => `line ${each.line}, ${direction}`;

  before(async () => {
    const hops = blocks.flatMap(({ name, json }) =>
      directions.map((direction) => ({ name: `${name}, ${direction}`, direction, settings: json })),
    );
    const ports = { upstream: echo.port, collector: satellite.port };
    envoy = await startHops({ name: "matrix", hops, connectionManager: internal, ...ports });
    let requests = 0;
    let malformed = 0;
    for (const { name, cases } of blocks) {
      const listeners = await Promise.all(directions.map((direction) => envoy.listenerPort(`${name}, ${direction}`)));
      for (const each of cases) {
        await Promise.all(
          directions.map(async (direction, index) => {
            const key = keyOf(each, direction);
            const departed = await send(listeners[index] ?? 0, each.path, [["user-agent", key], ...each.arriving]).then(
              traceHeadersOf,
              (error: Error) => error,
            );
            outcomes.set(key, departed instanceof Error ? departed : { departed, spans: [], malformed: 0 });
          }),
        );
        // One case after the other: the counter does not tell which request it counted.
        requests += directions.length;
        const { context_malformed = 0 } = await settled(envoy, requests);
        for (const direction of directions) {
          const outcome = outcomes.get(keyOf(each, direction));
          if (outcome !== undefined && "malformed" in outcome) {
            outcome.malformed = (context_malformed - malformed) / directions.length;
          }
        }
        malformed = context_malformed;
      }
    }
    for (const span of spans()) {
      const outcome = outcomes.get(String(span.tags.user_agent));
      if (outcome !== undefined && "spans" in outcome) {
        outcome.spans.push({ id: span.spanId, trace: span.traceId, parent: span.parentId, kind: span.kind });
      }
    }
  });

  after(() => envoy.stop());

  for (const { name, json, cases } of blocks) {
    describe(name, () => {
      for (const each of cases) {
        for (const direction of directions) {
          test(`${each.name} (line ${each.line}, ${direction.toLowerCase()})`, () => {
            const outcome = outcomes.get(keyOf(each, direction));
            assert.ok(outcome, "the request was never sent");
            const reason = outcome instanceof Error ? outcome.message : mismatch(each, outcome, spanKind[direction]);
            if (reason === undefined) return;
            const told = [
              `${reason}\n${each.name}, line ${each.line} of the fixture, ${direction}, with ${JSON.stringify(json)}`,
              show(each.arriving, ">"),
              `--- expected\n${show(each.departing, "<")}`,
              `--- departed\n${outcome instanceof Error ? "" : show(outcome.departed, "<")}`,
              `--- log of Envoy\n${warningsOf(envoy.log()) || "(no warnings)"}`,
            ];
            assert.fail(told.join("\n"));
          });
        }
      }
    });
  }
});
