// What no single hop shows: a caller that knows only B3, a hop that writes all formats, a hop that reads only W3C. Also
// what Envoy itself does with a forced trace at an edge, before Lightspan sees it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import type { Header } from "../../fixtures/propagation.ts";
import { startEcho, send } from "./echo.ts";
import { during, type Listening } from "../ground.ts";
import { internal, settled, startHops } from "./hops.ts";

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const CALLER = "e457b5a2e4d86bd1";

let satellite: Satellite;
let echo: Listening;

before(async () => {
  satellite = await startSatellite({});
  echo = await startEcho();
});

after(async () => {
  await Promise.all([satellite?.close(), echo?.close()]);
});

function valueOf(headers: Header[], name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1];
}

describe("a caller with B3, a hop that writes all formats, a hop that reads only W3C", () => {
  const all = { propagation: { inject: ["b3", "b3multi", "tracecontext"] } };
  const onlyW3c = { propagation: { extract: ["tracecontext"], inject: ["tracecontext"] } };

  async function throughBoth(headers: Header[]): Promise<{ departed: Header[]; spans: Span[] }> {
    const collector = satellite.port;
    const second = await startHops({
      name: "second",
      hops: [{ name: "in", direction: "INBOUND", settings: onlyW3c }],
      upstream: echo.port,
      collector,
    });
    const first = await startHops({
      name: "first",
      hops: [{ name: "out", direction: "OUTBOUND", settings: all }],
      upstream: await second.listenerPort("in"),
      collector,
    });
    const known = new Set(satellite.store.list().flatMap(({ spans }) => spans.map(({ spanId }) => spanId)));
    let departed: Header[] = [];
    await during([first, second], async () => {
      departed = await send(await first.listenerPort("out"), "/", headers);
      await settled([first, second], 2);
    });
    const spans = satellite.store.list().flatMap((trace) => trace.spans);
    return { departed, spans: spans.filter(({ spanId }) => !known.has(spanId)) };
  }

  test("is one trace, and each span's parent is the span before it", async () => {
    const { departed, spans } = await throughBoth([["b3", `${TRACE}-${CALLER}-1`]]);
    const client = spans.find(({ kind }) => kind === "client");
    const server = spans.find(({ kind }) => kind === "server");
    assert.ok(client !== undefined && server !== undefined && spans.length === 2);
    for (const { traceId } of spans) assert.equal(traceId, TRACE.slice(-16));
    assert.equal(client.parentId, CALLER);
    assert.equal(server.parentId, client.spanId);
    assert.equal(valueOf(departed, "traceparent"), `00-${TRACE}-${server.spanId}-01`);
    // The second hop reads no B3, but unchanged B3 headers would be stale.
    assert.equal(valueOf(departed, "b3"), `${TRACE}-${server.spanId}-1-${client.spanId}`);
    assert.equal(valueOf(departed, "x-b3-traceid"), TRACE);
    assert.equal(valueOf(departed, "x-b3-parentspanid"), client.spanId);
  });

  test("records nothing that the caller denied, and its ids arrive unchanged", async () => {
    const { departed, spans } = await throughBoth([["b3", `${TRACE}-${CALLER}-0`]]);
    assert.deepEqual(spans, []);
    assert.equal(valueOf(departed, "traceparent"), `00-${TRACE}-${CALLER}-00`);
    assert.equal(valueOf(departed, "b3"), `${TRACE}-${CALLER}-0`);
  });

  test("records nothing that the caller denied without ids: the first hop makes ids that deny it", async () => {
    const { departed, spans } = await throughBoth([["b3", "0"]]);
    assert.deepEqual(spans, []);
    assert.match(valueOf(departed, "traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
  });
});

describe("a forced trace, where Lightspan records nothing by itself", () => {
  const forced: Record<string, Header> = {
    "x-envoy-force-trace": ["x-envoy-force-trace", "true"],
    "the digit a in x-request-id": ["x-request-id", "6d1f4ae2-57c3-ab21-9d0e-3f6a8c5b7e10"],
    "x-client-trace-id": ["x-client-trace-id", "a-customer-complained"],
  };
  // An edge whose clients are all external, wherever this test runs.
  const edge = {
    use_remote_address: true,
    internal_address_config: { cidr_ranges: [{ address_prefix: "192.0.2.0", prefix_len: 24 }] },
  };

  async function recorded(
    connectionManager: object,
    headers: Header[],
    trust_incoming = false,
  ): Promise<number | undefined> {
    const settings = { propagation: { trust_incoming }, sampling: { rate: 0 } };
    const envoy = await startHops({
      name: "edge",
      hops: [{ name: "edge", direction: "OUTBOUND", settings }],
      upstream: echo.port,
      collector: satellite.port,
      connectionManager: { ...connectionManager },
    });
    let count: number | undefined;
    await during([envoy], async () => {
      await send(await envoy.listenerPort("edge"), "/", headers);
      count = (await settled([envoy], 1)).spans_recorded;
    });
    return count;
  }

  for (const [what, header] of Object.entries(forced)) {
    test(`is recorded if it comes from an internal client: ${what}`, async () => {
      assert.equal(await recorded(internal, [header], true), 1);
    });
  }

  test("does not get past Envoy from outside by x-envoy-force-trace or x-request-id: Envoy strips and replaces them", async () => {
    assert.equal(await recorded(edge, Object.values(forced).slice(0, 2)), 0);
  });

  test("does not get past a sidecar by x-envoy-force-trace if it is not told which addresses are internal", async () => {
    assert.equal(await recorded({}, Object.values(forced).slice(0, 1)), 0);
  });

  test("gets past Envoy from outside by x-client-trace-id, which Envoy keeps, if incoming is trusted", async () => {
    assert.equal(await recorded(edge, Object.values(forced).slice(2), true), 1);
  });

  test("does not get past an edge by x-client-trace-id if incoming is not trusted", async () => {
    assert.equal(await recorded(edge, Object.values(forced).slice(2)), 0);
  });

  test("does not get past Envoy by x-client-trace-id if its listener removes it", async () => {
    const mutation = {
      name: "envoy.http.early_header_mutation.header_mutation",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations: [{ remove: "x-client-trace-id" }],
      },
    };
    const removing = { ...edge, early_header_mutation_extensions: [mutation] };
    assert.equal(await recorded(removing, Object.values(forced), true), 0);
  });
});
