// The host calls of a request. Each costs the user about a microsecond of CPU, so the counts are pinned, and nobody
// adds a call unnoticed.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ended, FRESH, OK, request, SAMPLED, SPAN_ID, TRACE_ID, UNSAMPLED } from "../requests.ts";
import { SAMPLED_IN_BOTH, UNSAMPLED_IN_BOTH } from "../requests.ts";
import { INBOUND, OUTBOUND, Sidecar, type Changes, type Exchange } from "../sidecar.ts";

const REQUESTS: Record<string, Exchange & { changes?: Changes }> = {
  unsampled: { headers: UNSAMPLED },
  "…, both": { headers: UNSAMPLED_IN_BOTH },
  inbound: { headers: SAMPLED },
  "…, in both": { headers: SAMPLED_IN_BOTH },
  outbound: { headers: SAMPLED, root: OUTBOUND },
  fresh: { headers: FRESH },
  b3: { headers: request({ b3: `${TRACE_ID}-${SPAN_ID}-1` }) },
  istio: { headers: SAMPLED, properties: ended({ xds: { cluster_name: "inbound|9080||" } }) },
  local: {
    headers: SAMPLED,
    properties: new Map([...OK].filter(([path]) => !/cluster_name|backend_latency/.test(path))),
  },
  logged: { headers: SAMPLED, changes: { log: { trace_id: true } } },
  states: { headers: SAMPLED, changes: { propagation: { via: "filter_state" } } },
};

// Whole requests, from context_create to done, in a VM whose timer is running. Functions not listed are not called. Where
// only B3 arrives, `traceparent` is added; between two Lightspans both formats arrive.
const TABLE = `
  host call                       unsampled  …, both  inbound  …, in both  outbound  fresh  b3  istio  logged  local  states
  proxy_get_header_map_pairs              1        1        2           2         2      2   2      2       2      2       2
  proxy_get_header_map_value              0        0        2           2         2      2   2      2       2      2       2
  proxy_call_foreign_function             0        0        1           1         1      1   1      1       1      1       1
  proxy_replace_header_map_value          1        0        3           3         3      4   6      3       3      3       0
  proxy_set_property                      0        0        0           0         0      0   0      0       2      0       3
`;

function readTable(): Map<string, Record<string, number>> {
  const [head = [], ...rows] = TABLE.trim()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
  const columns = head.slice(1).map((title, index) => {
    const counts = rows.map(([name = "", ...cells]) => [name, Number(cells[index])] as const);
    return [title, Object.fromEntries(counts.filter(([, count]) => count > 0))] as const;
  });
  return new Map(columns);
}

/** The host calls of one request, after another like it. */
async function hostCallsOf({ changes = {}, ...exchange }: Exchange & { changes?: Changes }) {
  const sidecar = await Sidecar.start(changes);
  sidecar.configure(OUTBOUND, changes);
  sidecar.request(exchange);
  sidecar.host.forgetHostCalls();
  sidecar.request(exchange);
  return sidecar.host.hostCalls;
}

describe("the host calls of a request", () => {
  const table = readTable();
  for (const [name, exchange] of Object.entries(REQUESTS)) {
    it(`are as pinned: ${name}`, async () => {
      assert.deepEqual(await hostCallsOf(exchange), table.get(name));
    });
  }
});

describe("the host calls of a request with sampling", () => {
  const KEEPING: Changes = { sampling: { keep_errors: true, keep_slower_than_ms: 2000 } };
  const FAILED = ended({ response: { code: 503 } });
  const UNSAMPLED_GRPC = request({ b3: `${TRACE_ID}-${SPAN_ID}-0`, "content-type": "application/grpc" });

  /** The host calls that a request has with `changes` besides those that it has without; negative if it has fewer. */
  async function added(exchange: Exchange, changes: Changes, without: Changes = {}): Promise<Record<string, number>> {
    const before = await hostCallsOf({ ...exchange, changes: without });
    const after = await hostCallsOf({ ...exchange, changes });
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const differences = names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const);
    return Object.fromEntries(differences.filter(([, difference]) => difference !== 0));
  }

  it("are one more if spans are kept, for an unsampled request that ended well", async () => {
    const property = { proxy_get_property: 1 };
    assert.deepEqual(await added({ headers: UNSAMPLED }, { sampling: { keep_errors: true } }), property);
    assert.deepEqual(await added({ headers: UNSAMPLED }, { sampling: { keep_slower_than_ms: 1500 } }), property);
    const one = { proxy_call_foreign_function: 1 };
    assert.deepEqual(await added({ headers: UNSAMPLED }, KEEPING), one);
    const properties = ended({ response: { grpc_status: 0 } });
    assert.deepEqual(await added({ headers: UNSAMPLED_GRPC, properties }, KEEPING), one);
    assert.deepEqual(await added({ headers: UNSAMPLED, root: OUTBOUND }, KEEPING), one);
  });

  it("are no more if spans are kept, for a sampled request, an excluded path or a denial without ids", async () => {
    assert.deepEqual(await added({ headers: SAMPLED, properties: FAILED }, KEEPING), {});
    assert.deepEqual(await added({ headers: request({ b3: "0" }), properties: FAILED }, KEEPING), {});
    const excluding = { ...KEEPING.sampling, exclude_paths: ["/reviews"] };
    assert.deepEqual(await added({ headers: UNSAMPLED, properties: FAILED }, { sampling: excluding }), {});
  });

  it("are those of a sampled one and the question, for a span that is kept", async () => {
    assert.deepEqual(await added({ headers: UNSAMPLED, properties: FAILED }, KEEPING), {
      proxy_get_header_map_pairs: 1,
      proxy_get_header_map_value: 2,
      proxy_call_foreign_function: 2,
    });
  });

  it("are no more with rules", async () => {
    const rules = [
      { header: { name: "x-none" }, rate: 1 },
      { path_prefix: "/reviews", method: "GET", rate: 1 },
    ];
    assert.deepEqual(await added({ headers: FRESH }, { sampling: { rate: 0, rules } }), {});
  });

  it("are the tracestate for a trace that is sampled here with tracestate on, and no more for others", async () => {
    const propagation = { inject: ["b3multi", "tracecontext"] };
    const off = { propagation };
    const on = { propagation, sampling: { tracestate: true } };
    assert.deepEqual(await added({ headers: FRESH }, on, off), { proxy_replace_header_map_value: 1 });
    for (const headers of [SAMPLED, UNSAMPLED]) assert.deepEqual(await added({ headers }, on, off), {});
  });
});

describe("the host calls that are not made for each request", () => {
  it("are the timer, and the seeding of the ids, for the first request", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.forgetHostCalls();
    sidecar.request({ headers: UNSAMPLED_IN_BOTH });
    assert.deepEqual(sidecar.host.hostCalls, {
      proxy_get_current_time_nanoseconds: 1,
      proxy_get_header_map_pairs: 1,
      proxy_get_property: 2,
      proxy_set_effective_context: 1,
      proxy_set_tick_period_milliseconds: 1,
    });
  });

  it("are the report, for the request that fills a batch", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 2 } });
    sidecar.request();
    sidecar.host.forgetHostCalls();
    sidecar.request();
    assert.deepEqual(sidecar.host.hostCalls, {
      proxy_get_header_map_pairs: 2,
      proxy_get_header_map_value: 2,
      proxy_call_foreign_function: 1,
      proxy_replace_header_map_value: 3,
      proxy_get_current_time_nanoseconds: 1,
      proxy_set_effective_context: 1,
      proxy_http_call: 1,
    });
  });

  it("are the counters, at a tick", async () => {
    const sidecar = await Sidecar.start();
    sidecar.request({ headers: UNSAMPLED });
    sidecar.host.forgetHostCalls();
    sidecar.tick();
    assert.deepEqual(sidecar.host.hostCalls, {
      proxy_increment_metric: 2,
      proxy_set_effective_context: 1,
      proxy_set_tick_period_milliseconds: 1,
    });
  });

  it("are the compression, if configured, for the request that fills a batch", async () => {
    const sidecar = await Sidecar.start({ collector: { compression: "deflate" }, buffer: { flush_spans: 2 } });
    sidecar.request();
    sidecar.host.forgetHostCalls();
    sidecar.request();
    assert.equal(sidecar.host.hostCalls.proxy_call_foreign_function, 2);
  });

  it("are hardly any while no reports go to a collector", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1 }, retry: { base_ms: 5000 } });
    sidecar.request();
    sidecar.answer("reset");
    sidecar.request();
    sidecar.host.forgetHostCalls();
    sidecar.request();
    assert.deepEqual(sidecar.host.hostCalls, {
      ...{ proxy_get_header_map_pairs: 2, proxy_get_header_map_value: 2, proxy_call_foreign_function: 1 },
      ...{ proxy_replace_header_map_value: 3, proxy_get_current_time_nanoseconds: 1 },
    });
  });

  it("are the host and port of an inbound cluster, once between ticks", async () => {
    const sidecar = await Sidecar.start();
    const properties = ended({ xds: { cluster_name: "inbound|9080||" } });
    const asked = () => sidecar.host.hostCalls.proxy_get_property ?? 0;
    sidecar.request({ headers: UNSAMPLED });
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      const before = asked();
      sidecar.request({ properties });
      counts.push(asked() - before);
      if (i === 1) sidecar.tick();
    }
    assert.deepEqual(counts, [2, 0, 2, 0]);
  });

  it("are each attribute separately if the host has no expressions", async () => {
    const sidecar = await Sidecar.bare();
    sidecar.host.refuse("proxy_call_foreign_function", 1);
    sidecar.configure(INBOUND);
    sidecar.request();
    sidecar.host.forgetHostCalls();
    sidecar.request();
    assert.equal(sidecar.host.hostCalls.proxy_call_foreign_function, undefined);
    assert.equal(sidecar.host.hostCalls.proxy_get_property, 10);
  });

  it("are none when a stream without a root context ends", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.configure(INBOUND, "{}");
    const stream = sidecar.host.openStream(INBOUND);
    sidecar.host.forgetHostCalls();
    sidecar.host.done(stream);
    assert.deepEqual(sidecar.host.hostCalls, {});
  });
});
