// sampling.tracestate in real Envoy: the threshold that the upstream gets, and the one that OTLP's trace_state says,
// read with OpenTelemetry's own definitions.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../../runner/config/mesh.ts";
import { headerFilters, lightspanFilter } from "../../../runner/config/filter.ts";
import { listenerOf, startForwarder, toUpstream } from "../forwarder.ts";
import { account, during, listen, wasm, type Listening } from "../ground.ts";
import { http3KeyPair, startHttp3Client } from "../http3/http3.ts";
import { send, startEcho } from "../propagation/echo.ts";
import { settled } from "../propagation/hops.ts";
import { PATIENCE_MS } from "../../wait.ts";

const generated = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const { ExportTraceServiceRequest } = generated.opentelemetry.proto.collector.trace.v1;

const SPAN = "e457b5a2e4d86bd1";
/** The last 56 bits of the highest and of the lowest trace id that there is. */
const HIGH = "ffffffffffffff";
const LOW = "00000000000000";

interface Place {
  sampling: Config;
  propagation?: Config;
  http3?: boolean;
}

const places: Record<string, Place> = {
  half: { sampling: { rate: 0.5 } },
  one: { sampling: { rate: 1 } },
  rule: { sampling: { rate: 0, rules: [{ path_prefix: "/", rate: 0.25 }] } },
  capped: { sampling: { rate: 1, max_traces_per_second: 0.001 } },
  strip: { sampling: { rate: 0.5 }, propagation: { strip: true } },
  states: { sampling: { rate: 0.5 }, propagation: { via: "filter_state" } },
  edge: { sampling: { rate: 1 }, propagation: { trust_incoming: false } },
  kept: { sampling: { rate: 0, keep_errors: true } },
  http3: { sampling: { rate: 0.5 }, http3: true },
};

interface Arrival {
  place: keyof typeof places & string;
  /** The last 14 digits of the trace id that arrives. */
  low?: string;
  /** What the `traceparent` says; without it, B3 leaves the decision open. */
  flags?: "00" | "01";
  tracestate?: string;
  /** Default: the upstream's path. */
  path?: string;
  /** What the upstream gets, and what OTLP says; null: there is no span. */
  arrives: string;
  told?: string | null;
}

const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}=${i}`);

const arrivals: Arrival[] = [
  { place: "half", low: HIGH, arrives: "ot=th:8" },
  { place: "half", low: LOW, arrives: "", told: null },
  { place: "half", low: HIGH, tracestate: "a=1,b=2", arrives: "ot=th:8,a=1,b=2" },
  { place: "half", low: HIGH, tracestate: `a=1,ot=th:4;x:y,b=2`, arrives: "ot=th:8;x:y,a=1,b=2" },
  { place: "half", low: HIGH, tracestate: `ot=rv:${LOW}`, arrives: `ot=rv:${LOW}`, told: null },
  { place: "half", low: LOW, tracestate: `ot=rv:${HIGH}`, arrives: `ot=th:8;rv:${HIGH}` },
  {
    place: "half",
    low: HIGH,
    tracestate: members(32).join(),
    arrives: ["ot=th:8", ...members(31)].join(),
  },
  // The parent decided.
  { place: "half", low: LOW, flags: "01", tracestate: "a=1,ot=th:4", arrives: "a=1,ot=th:4" },
  { place: "half", low: HIGH, flags: "00", tracestate: "ot=th:4", arrives: "ot=th:4", told: null },
  { place: "one", arrives: "ot=th:0" },
  { place: "one", low: LOW, tracestate: "a=1", arrives: "ot=th:0,a=1" },
  { place: "rule", low: HIGH, arrives: "ot=th:c" },
  { place: "rule", low: LOW, arrives: "", told: null },
  // The bucket holds one trace, and is not full again for a long time.
  { place: "capped", arrives: "ot=th:0" },
  { place: "capped", arrives: "", told: null },
  { place: "strip", low: HIGH, arrives: "", told: "ot=th:8" },
  // The list that arrived is gone at the end, and with it any rv, without which a threshold would mislead.
  { place: "strip", low: HIGH, tracestate: "a=1", arrives: "", told: "" },
  { place: "states", low: HIGH, tracestate: "a=1", arrives: "ot=th:8,a=1" },
  { place: "edge", low: LOW, flags: "01", tracestate: "ot=th:4,a=1", arrives: "ot=th:0" },
  { place: "kept", low: HIGH, path: "/failing", tracestate: "a=1,ot=th:4;x:y", arrives: "-", told: "ot=x:y,a=1" },
  { place: "http3", low: HIGH, tracestate: "a=1", arrives: "ot=th:8,a=1" },
  { place: "http3", low: LOW, arrives: "", told: null },
  // An earlier filter answers.
  { place: "one", path: "/denied", arrives: "-", told: "ot=th:0" },
];

const earlier: Config = {
  name: "early-rbac",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC" },
};
const denied: Config = {
  match: { prefix: "/denied" },
  route: toUpstream,
  typed_per_filter_config: {
    "early-rbac": {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
      rbac: { rules: { action: "ALLOW" } },
    },
  },
};
const routes: Config[] = [
  denied,
  { match: { prefix: "/failing" }, direct_response: { status: 500 } },
  { match: { prefix: "/" }, route: toUpstream },
];

function listenerFor(name: string, { sampling, propagation, http3 }: Place): Config {
  const config = {
    collector: { cluster: collectorCluster, protocol: "otlp" },
    buffer: { flush_interval_ms: 10 },
    sampling: { ...sampling, tracestate: true },
    propagation: { inject: ["b3multi", "tracecontext"], ...propagation },
  };
  const lightspan = lightspanFilter({ wasm, config });
  const writers = propagation?.via === "filter_state" ? headerFilters() : [];
  return listenerOf({
    name,
    filters: [earlier, lightspan, ...writers],
    routes,
    http3: http3 ? http3KeyPair : undefined,
  });
}

/** OTLP's trace_state of each span, by URL. */
const told = new Map<string, string>();

let collector: Listening;
let echo: Listening;
before(async () => {
  echo = await startEcho();
  collector = await listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        for (const { scopeSpans } of ExportTraceServiceRequest.decode(Buffer.concat(chunks)).resourceSpans)
          for (const { attributes, traceState } of scopeSpans[0].spans) {
            const url = attributes.find(({ key }: { key: string }) => key === "http.url")?.value.stringValue ?? "";
            told.set(new URL(url).pathname, traceState ?? "");
          }
        response.end();
      });
    }),
  );
});
after(async () => {
  await Promise.all([collector?.close(), echo?.close()]);
});

function headersOf({ low, flags, tracestate }: Arrival, index: number): [string, string][] {
  if (low === undefined) return [];
  const traceId = `${String(index).padStart(18, "1")}${low}`;
  const open: [string, string][] = flags === undefined ? [["b3", `${traceId}-${SPAN}`]] : [];
  const state: [string, string][] = tracestate === undefined ? [] : [["tracestate", tracestate]];
  return [...open, ["traceparent", `00-${traceId}-${SPAN}-${flags ?? "01"}`], ...state];
}

test("the threshold goes upstream and into OTLP's trace_state where it decided, and only there", async () => {
  const listeners = Object.entries(places).map(([name, place]) => listenerFor(name, place));
  const envoy = await startForwarder({ name: "thresholds", listeners, upstream: echo.port, collector: collector.port });
  await during([envoy], async () => {
    const client = await startHttp3Client({ to: { http3: await envoy.listenerPort("http3") } });
    await during([client.envoy], async () => {
      for (const [index, arrival] of arrivals.entries()) {
        const { place, path = "", arrives } = arrival;
        const port = places[place]?.http3 ? client.port(place) : await envoy.listenerPort(place);
        const url = `${path}/${index}`;
        const headers = headersOf(arrival, index);
        const what = JSON.stringify(arrival);
        if (arrives === "-") {
          const options = { headers: Object.fromEntries(headers), signal: AbortSignal.timeout(PATIENCE_MS) };
          await (await fetch(`http://127.0.0.1:${port}${url}`, options)).text();
          continue;
        }
        const departed = await send(port, url, headers);
        const states = departed.filter(([name]) => name === "tracestate").map(([, value]) => value);
        assert.equal(states.join(), arrives, what);
      }
      const counts = await settled([envoy], arrivals.length);
      assert.equal(counts.requests, arrivals.length);
      for (const [index, { path = "", arrives, told: expected = arrives, ...more }] of arrivals.entries()) {
        assert.equal(told.get(`${path}/${index}`) ?? null, expected, JSON.stringify({ path, arrives, ...more }));
      }
      assert.equal((await account([envoy])).spans_dropped, 0);
    });
  });
});
