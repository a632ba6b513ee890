// A VM with capabilities taken away, in real Envoy: what it says, and what it does all the same.
import assert from "node:assert/strict";
import { Agent, createServer, get, type IncomingHttpHeaders } from "node:http";
import { after, before, test } from "node:test";
import type { EnvoyProcess } from "../../envoy/process.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { allBut } from "./capabilities.ts";
import { account, during, eventually, listen, type Listening } from "./ground.ts";
import { startHops, type Hop, type Hops } from "./hops.ts";

let upstream: Listening;
let satellite: Satellite;
const arrived: IncomingHttpHeaders[] = [];
before(async () => {
  upstream = await listen(
    createServer((request, response) => {
      arrived.push(request.headers);
      response.end("hello");
    }),
  );
  satellite = await startSatellite();
});
after(async () => {
  await Promise.all([upstream?.close(), satellite?.close()]);
});

/** An Envoy whose VM may use all but what is `denied`. */
function start(denied: string[], more: Partial<Hops> = {}, hop: Partial<Hop> = {}): Promise<EnvoyProcess> {
  return startHops({
    name: `without-${denied.join("-")}`,
    hops: [{ name: "in", direction: "INBOUND", settings: {}, allowed: allBut(...denied), ...hop }],
    upstream: upstream.port,
    collector: satellite.port,
    ...more,
  });
}

/** A request on a connection of its own, so that any worker may have it. */
function alone(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    get({ host: "127.0.0.1", port, path, agent, headers: { connection: "close" } }, (response) => {
      response.resume().on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(path))));
    }).on("error", reject);
  });
}

async function many(port: number, path: string, times: number, atOnce: number): Promise<void> {
  let left = times;
  const run = async (): Promise<void> => {
    while (left-- > 0) await alone(port, path);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}

test("without random_get, no two workers and no two Envoys make the same id", { timeout: 120_000 }, async () => {
  // All with the same node, started as close to each other as can be.
  const envoys = await Promise.all([1, 2].map(() => start(["random_get"], { concurrency: 2 })));
  await during(envoys, async () => {
    const ports = await Promise.all(envoys.map((envoy) => envoy.listenerPort("in")));
    await Promise.all(ports.map((port) => many(port, "/ids", 1000, 8)));
    const sent = arrived.splice(0);
    const ids = sent.flatMap((headers) => [headers["x-b3-traceid"], headers["x-b3-spanid"]]);
    assert.ok(!ids.includes(undefined));
    // The first span of a trace has ids of its own.
    assert.equal(sent.length, 2000);
    assert.equal(new Set(ids).size, ids.length);
    const counts = await eventually("all to be counted", async () => {
      const all = await account(envoys);
      return all.requests === 2000 ? all : undefined;
    });
    assert.equal(counts.traces_started, 2000);
  });
});
