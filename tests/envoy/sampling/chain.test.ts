// A failing call of an unsampled trace through two sidecars, in real Envoy: each keeps its span, both are of one trace
// with the right parents, and the upstream gets exactly what it gets where nothing is kept.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { listenerOf, startForwarder, toUpstream } from "../forwarder.ts";
import { account, during, listen, wasm, type Listening } from "../ground.ts";
import { reporting, settled } from "../propagation/hops.ts";
import { PATIENCE_MS } from "../../wait.ts";

const SPAN = "e457b5a2e4d86bd1";
const traceOf = (number: number): string => `80f198ee56343ba864fe8b2a57d3ef0${number}`;

type Headers = Record<string, string>;

interface Arrival {
  name: string;
  headers: Headers;
  /** Of the caller's span and of the callee's; TRAVELLED is the span that the callee's request names. NONE: not kept. */
  parents: { client: string | undefined; server: string };
}

const TRAVELLED = "the span that travelled";
const NONE = "none";

const arrivals: Arrival[] = [
  { name: "b3", headers: { b3: `${traceOf(0)}-${SPAN}-0` }, parents: { client: SPAN, server: SPAN } },
  {
    name: "b3multi",
    headers: { "x-b3-traceid": traceOf(1), "x-b3-spanid": SPAN, "x-b3-sampled": "0" },
    parents: { client: SPAN, server: SPAN },
  },
  {
    name: "traceparent",
    headers: { traceparent: `00-${traceOf(2)}-${SPAN}-00`, tracestate: "a=1" },
    parents: { client: SPAN, server: SPAN },
  },
  {
    name: "a traceparent that B3 overrules",
    headers: { b3: `${traceOf(3)}-${SPAN}-0`, traceparent: `00-${traceOf(3)}-${SPAN}-01` },
    parents: { client: SPAN, server: TRAVELLED },
  },
  { name: "nothing", headers: {}, parents: { client: undefined, server: TRAVELLED } },
  // The first hop makes ids for W3C, so the callee can't tell this denial from any other.
  { name: "b3: 0", headers: { b3: "0" }, parents: { client: NONE, server: TRAVELLED } },
];

const keeping = { rate: 0, keep_errors: true };
const plain = { rate: 0 };

/** Fails each request with a 503 that repeats the trace headers it got. */
function startFailing(): Promise<Listening> {
  return listen(
    createServer(({ headers }, response) => {
      const trace = Object.entries(headers).filter(([name]) => /^(x-)?b3|^trace/.test(name));
      response.writeHead(503).end(JSON.stringify(Object.fromEntries(trace)));
    }),
  );
}

function listenerFor(name: string, direction: "INBOUND" | "OUTBOUND", sampling: Config, to: string): Config {
  const propagation = { inject: ["b3multi", "tracecontext"] };
  const filters = [lightspanFilter({ wasm, config: reporting({ sampling, propagation }) })];
  const routes = [{ match: { prefix: "/" }, route: { ...toUpstream, cluster: to } }];
  return listenerOf({ name, direction, filters, routes });
}

let satellite: Satellite;
let upstream: Listening;
before(async () => {
  [satellite, upstream] = [await startSatellite(), await startFailing()];
});
after(async () => {
  await Promise.all([satellite?.close(), upstream?.close()]);
});

async function ask(port: number, headers: Headers): Promise<Headers> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  assert.equal(response.status, 503);
  return (await response.json()) as Headers;
}

/** Ids that were made on the way become names. */
function withoutNewIds(headers: Headers): Headers {
  const { "x-b3-traceid": traceId = "", "x-b3-spanid": spanId = "" } = headers;
  const rename = (value: string): string => value.replace(traceId, "TRACE").replaceAll(spanId, "SPAN");
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, rename(value)]));
}

test("a failing call through two sidecars keeps two spans of one trace, and nothing else arrives upstream", async () => {
  const collector = satellite.port;
  const callee = await startForwarder({
    name: "callee",
    listeners: [
      listenerFor("keeping", "INBOUND", keeping, "upstream"),
      listenerFor("plain", "INBOUND", plain, "upstream"),
    ],
    upstream: upstream.port,
    collector,
  });
  const ports = { keeping: await callee.listenerPort("keeping"), plain: await callee.listenerPort("plain") };
  const caller = await startForwarder({
    name: "caller",
    listeners: [
      listenerFor("keeping", "OUTBOUND", keeping, "keeping"),
      listenerFor("plain", "OUTBOUND", plain, "plain"),
    ],
    clusters: Object.entries(ports).map(([name, port]) => cluster(name, [{ host: "127.0.0.1", port }])),
    collector,
  });
  await during([caller, callee], async () => {
    for (const [index, { name, headers, parents }] of arrivals.entries()) {
      const arrived = await ask(await caller.listenerPort("keeping"), headers);
      const without = await ask(await caller.listenerPort("plain"), headers);
      if ("x-b3-traceid" in headers && !name.includes("overrules")) assert.deepEqual(arrived, without, name);
      else assert.deepEqual(withoutNewIds(arrived), withoutNewIds(without), name);

      // Two hops for each of the two requests.
      await settled([caller, callee], 4 * (index + 1));
      const spans: Span[] = satellite.store.get(arrived["x-b3-traceid"] ?? "")?.spans ?? [];
      const client = spans.find(({ kind }) => kind === "client");
      const server = spans.find(({ kind }) => kind === "server");
      const travelled = arrived["x-b3-spanid"];
      assert.equal(arrived["x-b3-sampled"], "0", name);
      assert.equal(client === undefined ? NONE : (client.parentId ?? undefined), parents.client, name);
      assert.equal(
        server?.parentId === travelled && travelled !== SPAN ? TRAVELLED : server?.parentId,
        parents.server,
        name,
      );
      assert.equal(spans.length, parents.client === NONE ? 1 : 2, name);
      // Where an id of the caller's own travelled, its span has that id. All other kept spans have new ones.
      if (parents.client !== NONE) assert.equal(client?.spanId === travelled, parents.server === TRAVELLED, name);
      assert.notEqual(server?.spanId, travelled, name);
    }
    const counts = await account([caller, callee]);
    const kept = arrivals.reduce((sum, { parents }) => sum + (parents.client === NONE ? 1 : 2), 0);
    assert.deepEqual(
      [counts.requests, counts.spans_kept, counts.spans_recorded, counts.spans_unsampled],
      [4 * arrivals.length, kept, kept, 4 * arrivals.length - kept],
    );
  });
});
