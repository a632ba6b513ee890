// Tags from metadata, as Envoy's own tracer writes them: one Envoy has both, and both must say the same about the same
// metadata of the same request. Over HTTP/3 too, where on_done makes the span.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { zipkin } from "../equality/config.ts";
import { startLightstep, startZipkin, type Observed, type Receiver } from "../equality/spans.ts";
import { send, startEcho } from "../propagation/echo.ts";
import { during, envoyBinary, noneUnaccounted, wasm, type Listening } from "../ground.ts";
import { eventually } from "../../wait.ts";
import { reporting } from "../propagation/hops.ts";
import { http3KeyPair, startHttp3Client } from "../http3/http3.ts";

const NAMESPACE = "my.ns";
const numbers = [
  0,
  -1.5,
  0.1,
  1 / 3,
  1e6,
  999999.5,
  1234567,
  1e15,
  123456789012345680,
  1e21,
  1e-4,
  1e-5,
  5e-324,
  1e308,
];
const VALUES: Record<string, unknown> = {
  ...{ n: 42, f: 0.5, b: true, l: ["a", "b"], o: { k: "v" }, text: "caf\u00e9", size: "12345678" },
  ...{ nothing: null, false: false, none: [], "an object": { "a.b": { c: [1, null, [{}]] } }, numbers },
  escapes: ['"', "\\", "\n\u0001\u007f", "<&'>", "\u{1f600}\u2028"],
  ...Object.fromEntries(numbers.map((number, place) => [`number ${place}`, number])),
};
/** For each kind of metadata, by Envoy's name: the path of its message. */
const KINDS: Record<string, string> = {
  request: "metadata",
  route: "xds.route_metadata",
  cluster: "xds.cluster_metadata",
  host: "xds.upstream_host_metadata",
};
const NAMES = [...Object.keys(VALUES), "absent"];
const metadata = { filter_metadata: { [NAMESPACE]: VALUES } };

const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.http.${name}`;
const filters: Config[] = [
  {
    name: "set-metadata",
    typed_config: {
      "@type": type("set_metadata.v3.Config"),
      metadata: [{ metadata_namespace: NAMESPACE, value: VALUES }],
    },
  },
  {
    name: "set-filter-state",
    typed_config: {
      "@type": type("set_filter_state.v3.Config"),
      on_request_headers: ["size", "connection.id"].map((object_key) => ({
        ...{ object_key, factory_key: "envoy.string" },
        format_string: { text_format_source: { inline_string: "12345678" } },
      })),
    },
  },
];

/** Envoy's own tags for one kind of metadata. */
function nativeTags(kind: string): Config[] {
  return NAMES.map((name) => ({
    tag: name,
    metadata: {
      kind: { [kind]: {} },
      metadata_key: { key: NAMESPACE, path: [{ key: name }] },
      default_value: "a default",
    },
  }));
}

/** Lightspan's tags for the same. */
function ourTags(kind: string): Config {
  const source = (name: string): string => `${KINDS[kind]}.filter_metadata['${NAMESPACE}']['${name}']`;
  return Object.fromEntries(NAMES.map((name) => [name, { source: source(name), default: "a default" }]));
}

/** Other metadata, which Envoy's own tags do not cover. */
const more = {
  listener: `xds.listener_metadata.filter_metadata['${NAMESPACE}'].n`,
  virtual_host: `xds.virtual_host_metadata.filter_metadata['${NAMESPACE}'].l`,
  inside: `metadata.filter_metadata['${NAMESPACE}']['an object']['a.b'].c.2`,
  whole: `xds.route_metadata.filter_metadata['${NAMESPACE}']`,
  typed: "metadata.typed_filter_metadata.x",
  filter_state: "filter_state.size",
  quoted: "filter_state['connection.id']",
  node_number: "xds.node.metadata.NUMBER",
  node_list: "xds.node.metadata['LIST']",
  node_object: "xds.node.metadata.OBJECT",
  node_inside: "xds.node.metadata.OBJECT.k",
  node_nothing: "xds.node.metadata.NOTHING",
};
const MORE = {
  ...{ listener: "42", virtual_host: '["a","b"]', inside: "[{}]", filter_state: "12345678", quoted: "12345678" },
  ...{ node_number: "3", node_list: '[1,"a",false]', node_object: '{"k":0.5}', node_inside: "0.5" },
};
const NODE = { NUMBER: 3, LIST: [1, "a", false], OBJECT: { k: 0.5 } };

let echo: Listening;
let native: Receiver;
let ours: Receiver;
let envoy: EnvoyProcess;

function listenerOf(name: string, tracing: Config, properties: Config): Config {
  const isHttp3 = name === "http3";
  const listener = httpListener({
    ...{ name, address: "127.0.0.1", port: 0, direction: "INBOUND", routeName: "all" },
    virtualHosts: [
      {
        ...{ name: "all", domains: ["*"], metadata },
        routes: [{ match: { prefix: "/" }, metadata, route: { cluster: "upstream" } }],
      },
    ],
    filters: [
      ...filters,
      lightspanFilter({ wasm, config: reporting({ tags: { properties }, span: { max_tag_length: 4096 } }) }),
    ],
    connectionManager: tracing,
    http3: isHttp3 ? http3KeyPair : undefined,
  });
  return { ...listener, metadata };
}

before(async () => {
  [echo, native, ours] = await Promise.all([startEcho(), startZipkin(), startLightstep()]);
  const { connectionManager, cluster: zipkinCluster } = zipkin(native);
  const listeners = [...Object.keys(KINDS), "http3"].map((name) => {
    const kind = name === "http3" ? "request" : name;
    const tracing = { ...(connectionManager.tracing as Config), custom_tags: nativeTags(kind) };
    return listenerOf(name, { tracing }, ourTags(kind));
  });
  const upstream = cluster("upstream", [echo]);
  const endpoint = { endpoint: { address: { socket_address: { address: echo.host, port_value: echo.port } } } };
  const assignment = { cluster_name: "upstream", endpoints: [{ lb_endpoints: [{ ...endpoint, metadata }] }] };
  envoy = await startEnvoy({
    binary: await envoyBinary,
    name: "metadata",
    config: bootstrap(
      { id: "node", cluster: "tests", metadata: NODE },
      [...listeners, listenerOf("more", {}, more)],
      [{ ...upstream, metadata, load_assignment: assignment }, zipkinCluster, cluster("lightspan-collector", [ours])],
      { layered_runtime: flushing },
    ),
  });
});

/** By default, Envoy's tracer reports after five spans or five seconds. */
const flushing = {
  layers: [{ name: "static", static_layer: { "tracing.zipkin.min_flush_spans": 1 } }],
};

after(async () => {
  if (envoy) await noneUnaccounted(envoy).finally(() => envoy.stop());
  await Promise.all([echo, native, ours].map((each) => each?.close()));
});

let requests = 0;

type Tags = Record<string, string>;

/** The tags of one request's spans: ours, and Envoy's if `isBoth`. */
async function tagsOf(port: number, isBoth = true): Promise<{ native: Tags; ours: Tags }> {
  const traceId = (++requests).toString(16).padStart(16, "a");
  const headers = [
    ["x-b3-traceid", traceId],
    ["x-b3-spanid", "e457b5a2e4d86bd1"],
    ["x-b3-sampled", "1"],
  ] as [string, string][];
  await send(port, "/", headers);
  const of = (receiver: Receiver): Observed | undefined => receiver.spans().find((span) => span.traceId === traceId);
  return eventually(`the spans of trace ${traceId}`, () => {
    const [theirs, own] = [of(native), of(ours)];
    return own && (theirs || !isBoth) ? { native: theirs?.tags ?? {}, ours: own.tags } : undefined;
  });
}

/** Parses JSON, because the order of an object's names has no meaning. */
function meaning(tag: string | undefined): unknown {
  return tag !== undefined && /^[[{]/.test(tag) ? JSON.parse(tag) : tag;
}

function assertSame(tags: { native: Tags; ours: Tags }): void {
  const say = (side: Tags): unknown => NAMES.map((name) => [name, meaning(side[name])]);
  assert.deepEqual(say(tags.ours), say(tags.native));
  assert.equal(tags.ours.n, "42");
  assert.deepEqual(meaning(tags.ours.numbers), numbers);
}

for (const kind of Object.keys(KINDS)) {
  test(`metadata of the ${kind} reads as in Envoy's own tags`, async () => {
    assertSame(await tagsOf(await envoy.listenerPort(kind)));
  });
}

test("metadata reads the same over HTTP/3", async () => {
  const client = await startHttp3Client({ to: { http3: await envoy.listenerPort("http3") } });
  await during([client.envoy], async () => assertSame(await tagsOf(client.port("http3"))));
});

test("other metadata, filter state and the node keep their types too", async () => {
  const { ours: tags } = await tagsOf(await envoy.listenerPort("more"), false);
  const found = Object.entries(tags).filter(([name]) => Object.hasOwn(more, name) && name !== "whole");
  assert.deepEqual(Object.fromEntries(found), MORE);
  assert.deepEqual(meaning(tags.whole), VALUES);
});
