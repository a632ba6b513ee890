// Takes capabilities away from a VM in real Envoy: what it logs, and how it still works.
import assert from "node:assert/strict";
import { Agent, createServer, get, type IncomingHttpHeaders } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyFailed, type EnvoyProcess } from "../../../runner/process.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { allBut } from "./capabilities.ts";
import { account, during, listen, type Listening } from "../ground.ts";
import { eventually } from "../../wait.ts";
import { startHops, type Hop, type Hops } from "../propagation/hops.ts";

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

/** An Envoy whose VM may use everything but what is `denied`. */
function start(denied: string[], more: Partial<Hops> = {}, hop: Partial<Hop> = {}): Promise<EnvoyProcess> {
  return startHops({
    name: `without-${denied.join("-")}`,
    hops: [{ name: "in", direction: "INBOUND", settings: {}, allowed: allBut(...denied), ...hop }],
    upstream: upstream.port,
    collector: satellite.port,
    ...more,
  });
}

/** Sends a request on its own connection, so that any worker may get it. */
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

test("without random_get, no two workers and no two Envoys make the same id", async () => {
  // All have the same node and start as close together as possible.
  const envoys = await Promise.all([1, 2].map(() => start(["random_get"], { concurrency: 2 })));
  await during(envoys, async () => {
    const ports = await Promise.all(envoys.map((envoy) => envoy.listenerPort("in")));
    await Promise.all(ports.map((port) => many(port, "/ids", 1000, 8)));
    const sent = arrived.splice(0);
    const ids = sent.flatMap((headers) => [headers["x-b3-traceid"], headers["x-b3-spanid"]]);
    assert.ok(!ids.includes(undefined));
    // The first span of a trace makes both ids.
    assert.equal(sent.length, 2000);
    assert.equal(new Set(ids).size, ids.length);
    const counts = await eventually("all to be counted", async () => {
      const all = await account(envoys);
      return all.requests === 2000 ? all : undefined;
    });
    assert.equal(counts.traces_started, 2000);
  });
});

const NEEDED = [
  ...["proxy_define_metric", "proxy_done", "proxy_get_buffer_bytes", "proxy_get_current_time_nanoseconds"],
  ...["proxy_get_header_map_pairs", "proxy_get_header_map_value", "proxy_get_property", "proxy_http_call"],
  ...["proxy_increment_metric", "proxy_log", "proxy_remove_header_map_value", "proxy_replace_header_map_value"],
  ...["proxy_set_effective_context", "proxy_set_tick_period_milliseconds"],
];

const tracing = { settings: { log: { trace_id: true } } };

/** The log of an Envoy that refuses to start because the configuration is refused. */
async function refusedWithout(denied: string[]): Promise<string> {
  try {
    const envoy = await start(denied, {}, tracing);
    await envoy.stop();
  } catch (error) {
    if (error instanceof EnvoyFailed) return error.log;
    throw error;
  }
  throw new Error(`Envoy started without ${denied.join(", ")}`);
}

test("without a host function that is needed, the configuration is refused", async () => {
  const all = await refusedWithout(NEEDED.filter((name) => name !== "proxy_log"));
  const denied = /configuration refused: capability_restriction_config denies (.*): add to its allowed_capabilities/;
  for (const name of NEEDED) if (name !== "proxy_log") assert.ok(denied.exec(all)?.[1]?.includes(name), name);
  await refusedWithout(["proxy_log"]);
  assert.equal(denied.exec(await refusedWithout(["proxy_http_call"]))?.[1], "proxy_http_call");
  const forIds = denied.exec(await refusedWithout(["proxy_set_property"]))?.[1];
  assert.equal(forIds, "proxy_set_property (or no log.trace_id, no propagation.via of filter_state)");
});

test("without the host functions that are optional, it goes on and says what that costs", async () => {
  const optional = ["proxy_call_foreign_function", "proxy_get_shared_data", "proxy_set_shared_data", "random_get"];
  const envoy = await start([...optional, "environ_get", "environ_sizes_get"], {}, tracing);
  await during([envoy], async () => {
    const port = await envoy.listenerPort("in");
    await many(port, "/optional", 10, 1);
    const counts = await eventually("all to be sent", async () => {
      const all = await account([envoy]);
      return all.spans_sent === 10 ? all : undefined;
    });
    assert.equal(counts.requests, 10);
    const log = envoy.log();
    assert.match(log, /denies random_get: ids come from the clock, the node and the first connection/);
    assert.match(log, /denies proxy_call_foreign_function: a span costs ten host calls more/);
    assert.match(log, /denies proxy_get_shared_data, proxy_set_shared_data: spans of a VM that fails stay/);
    // Envoy logs a line for each attempt: there must be none at a request or a tick.
    const tries = log.split("\n").filter((line) => line.includes("Attempted call to restricted")).length;
    await many(port, "/optional", 10, 1);
    await eventually("more to be sent", async () => ((await account([envoy])).spans_sent === 20 ? true : undefined));
    assert.equal(
      envoy
        .log()
        .split("\n")
        .filter((line) => line.includes("Attempted call to restricted")).length,
      tries,
    );
  });
});

test("trying all host functions at configuration changes nothing and leaves no trace in log or counters", async () => {
  const envoy = await start([], {}, tracing);
  await during([envoy], async () => {
    assert.doesNotMatch(envoy.log(), /\[(error|critical|warning)\]\[wasm\]/);
    const names = [...(await envoy.stats("wasmcustom."))].map(([name]) => name);
    assert.ok(names.length > 0 && names.every((name) => name.startsWith("wasmcustom.lightspan.")), names.join(" "));
  });
});

for (const name of ["proxy_on_configure", "proxy_on_context_create", "proxy_on_request_headers", "proxy_on_done"]) {
  test(`without ${name}, one line says that it never came`, async () => {
    const envoy = await start([name]);
    try {
      const port = await envoy.listenerPort("in");
      await eventually(`a line about ${name}`, async () => {
        await many(port, "/denied", 12, 1);
        return envoy.log().includes(`${name} never came`) || undefined;
      });
      await many(port, "/denied", 12, 1);
      assert.equal(envoy.log().split(`${name} never came`).length, 2);
    } finally {
      await envoy.stop();
    }
  });
}

test("without proxy_on_tick, spans are sent while others end, and one line says so", async () => {
  const envoy = await start(["proxy_on_tick"]);
  try {
    const port = await envoy.listenerPort("in");
    // A full batch is sent without a tick, so these are few and slow.
    await eventually("a line about it", async () => {
      await many(port, "/ticks", 1, 1);
      await sleep(200);
      return envoy.log().includes("proxy_on_tick never came") || undefined;
    });
    await eventually("spans to be sent", async () => {
      return ((await account([envoy])).spans_sent ?? 0) > 0 || undefined;
    });
    assert.equal(envoy.log().split("proxy_on_tick never came").length, 2);
  } finally {
    await envoy.stop();
  }
});

test("without proxy_on_log, spans are made when the stream ends", async () => {
  const envoy = await start(["proxy_on_log"]);
  await during([envoy], async () => {
    await many(await envoy.listenerPort("in"), "/unlogged", 5, 1);
    await eventually("spans to be sent", async () => ((await account([envoy])).spans_sent === 5 ? true : undefined));
  });
});
