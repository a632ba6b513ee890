// Spans of unsampled traces that are kept, in real Envoy: however a request ends, over each protocol, in both
// directions, its span is kept if it ended badly or was slow, and then it is the received span's child. Both accounts
// close.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import type { EnvoyProcess } from "../../../runner/process.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { clusters, virtualHosts } from "../equality/routes.ts";
import { startUpstreams } from "../equality/upstream.ts";
import { Visit } from "../equality/visit.ts";
import { listenerOf, startForwarder, type Listener } from "../forwarder.ts";
import { account, during, wasm } from "../ground.ts";
import { http3KeyPair, startHttp3Client, type Http3Client } from "../http3/http3.ts";
import { reporting, settled } from "../propagation/hops.ts";
import { eventually } from "../../wait.ts";
import { both, errors, patience, slowness, type Ending, type Protocol } from "./endings.ts";

const excluded = "/u/status/excluded";
const keepsErrors = { keep_errors: true, exclude_paths: [excluded] };
const FOR_EVER_MS = 3_600_000;

interface Place {
  listener: string;
  sampling: Config;
  direction?: Listener["direction"];
  protocols: Protocol[];
  endings: Ending[];
}

const places: Place[] = [
  { listener: "in", sampling: keepsErrors, protocols: ["HTTP/1.1", "HTTP/2"], endings: errors(excluded) },
  {
    listener: "out",
    sampling: keepsErrors,
    direction: "OUTBOUND",
    protocols: ["HTTP/1.1", "HTTP/2"],
    endings: errors(excluded),
  },
  { listener: "http3", sampling: keepsErrors, protocols: ["HTTP/3"], endings: errors(excluded) },
  { listener: "slow", sampling: { keep_slower_than_ms: 50 }, protocols: ["HTTP/1.1", "HTTP/2"], endings: slowness },
  { listener: "http3 slow", sampling: { keep_slower_than_ms: 50 }, protocols: ["HTTP/3"], endings: slowness },
  {
    listener: "both",
    sampling: { keep_errors: true, keep_slower_than_ms: 50 },
    protocols: ["HTTP/1.1"],
    endings: both,
  },
  {
    listener: "patient",
    sampling: { keep_errors: true, keep_slower_than_ms: FOR_EVER_MS },
    protocols: ["HTTP/1.1", "HTTP/2"],
    endings: patience,
  },
];

const filter = (name: string, type: string, config: Config = {}): Config => ({
  name,
  typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.http.${type}`, ...config },
});

const common: Config = {
  // One route leads to a cluster that does not exist.
  route_config: { name: "all", virtual_hosts: virtualHosts, validate_clusters: false },
  http_protocol_options: { enable_trailers: true },
  http2_protocol_options: { allow_connect: true },
  delayed_close_timeout: "0.02s",
};

/** Fault and RBAC do nothing except on routes that configure them. */
function listenerFor({ listener, sampling, direction, protocols }: Place): Config {
  const lightspan = lightspanFilter({ wasm, config: reporting({ sampling, log: { trace_id: true } }) });
  return listenerOf({
    name: listener,
    direction,
    filters: [
      filter("early-rbac", "rbac.v3.RBAC"),
      filter("envoy.filters.http.fault", "fault.v3.HTTPFault"),
      lightspan,
      filter("late-rbac", "rbac.v3.RBAC"),
    ],
    connectionManager: { ...common, access_log: [accessLog] },
    http3: protocols.includes("HTTP/3") ? http3KeyPair : undefined,
  });
}

/** What log.trace_id shows of each request. */
const accessLog = {
  name: "envoy.access_loggers.stdout",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
    log_format: {
      text_format_source: {
        inline_string:
          "LOGGED %FILTER_STATE(wasm.lightspan.trace_id:PLAIN)% %FILTER_STATE(wasm.lightspan.span_id:PLAIN)%\n",
      },
    },
  },
};

let satellite: Satellite;
let upstreams: Awaited<ReturnType<typeof startUpstreams>>;
before(async () => {
  [satellite, upstreams] = [await startSatellite(), await startUpstreams()];
});
after(async () => {
  upstreams?.close();
  await satellite?.close();
});

interface Sent extends Ending {
  where: string;
  protocol: Protocol;
  traceId: string;
  parentId: string;
}

/** Sends each ending in turn and waits for the client's side of its end. */
async function sendAll(envoy: EnvoyProcess, client: Http3Client): Promise<Sent[]> {
  const sent: Sent[] = [];
  const read = (): Promise<Record<string, number>> => account([envoy]);
  const seen = (): Promise<unknown> =>
    eventually("an open request", read, ({ requests_open = 0 }) => requests_open > 0);
  for (const { listener, protocols, endings } of places) {
    for (const protocol of protocols) {
      const port = protocol === "HTTP/3" ? client.port(listener) : await envoy.listenerPort(listener);
      for (const ending of endings) {
        if (ending.only && !ending.only.includes(protocol)) continue;
        const number = (sent.length + 1).toString(16).padStart(8, "0");
        const ids = {
          traceId: number.padStart(32, "5"),
          parentId: number.padStart(16, "a"),
          requestId: `${number}-0000-4000-8000-000000000001`,
        };
        await ending.send(new Visit("127.0.0.1", port, ids), protocol, seen);
        // The next one must not find this one open.
        await eventually("none open", read, ({ requests_open }) => requests_open === 0);
        sent.push({ ...ending, ...ids, protocol, where: `${ending.name}, ${listener}, ${protocol}` });
      }
    }
  }
  return sent;
}

const keptOf = ({ kept, keptOverHttp3, protocol }: Sent): string | null =>
  protocol === "HTTP/3" && keptOverHttp3 !== undefined ? keptOverHttp3 : kept;

test("an unsampled request's span is kept for its ending, and only then", async () => {
  const envoy = await startForwarder({
    name: "kept",
    listeners: places.map(listenerFor),
    collector: satellite.port,
    clusters: clusters(upstreams),
  });
  await during([envoy], async () => {
    const overHttp3 = places.filter(({ protocols }) => protocols.includes("HTTP/3"));
    const to = Object.fromEntries(
      await Promise.all(overHttp3.map(async ({ listener }) => [listener, await envoy.listenerPort(listener)])),
    );
    const client = await startHttp3Client({ to });
    await during([client.envoy], async () => {
      const sent = await sendAll(envoy, client);
      const streams = sent.reduce((sum, { streams = 1 }) => sum + streams, 0);
      const counts = await settled([envoy], streams);
      const spanOf = ({ traceId }: Sent): Span[] => satellite.store.get(traceId)?.spans ?? [];
      const told = sent.map((each) => [
        each.where,
        spanOf(each)
          .map(({ tags }) => tags["sampling.kept"])
          .join(),
      ]);
      assert.deepEqual(
        told,
        sent.map((each) => [each.where, keptOf(each) ?? ""]),
      );
      for (const each of sent) {
        const [span] = spanOf(each);
        if (span === undefined) continue;
        assert.equal(span.parentId, each.parentId, each.where);
        assert.notEqual(span.spanId, each.parentId, each.where);
        assert.equal(span.kind, each.where.includes(", out,") ? "client" : "server", each.where);
        assert.equal(span.error, keptOf(each) === "error" || span.tags["http.status_code"] === "504", each.where);
        assert.ok(span.durationMicros >= (keptOf(each) === "slow" ? 50_000 : 0), each.where);
      }
      const kept = sent.filter((each) => keptOf(each) !== null).length;
      assert.deepEqual(
        [counts.requests, counts.spans_recorded, counts.spans_kept, counts.spans_unsampled, counts.spans_dropped ?? 0],
        [streams, kept, kept, streams - kept, 0],
      );
      // Whether a span is kept is known just in time for access logs.
      const logged = () => [...envoy.log().matchAll(/LOGGED (\w{32}) (\w{16})/g)].map(([, ...ids]) => ids.join(" "));
      const ids = sent.flatMap((each) => spanOf(each).map(({ spanId }) => `${each.traceId} ${spanId}`));
      const found = await eventually("the ids in access logs", logged, ({ length }) => length >= kept);
      assert.deepEqual(found.sort(), ids.sort());
    });
  });
});
