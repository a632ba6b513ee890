// How choices appear in the manifests. tests/istio shows that Istio accepts them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headerFilters } from "../../../runner/config/filter.ts";
import { choicesOf } from "../../../cli/istio/choices.mjs";
import { objectsFor, podPatchFor } from "../../../cli/istio/render.mjs";
import { settingsFor } from "../../../cli/istio/settings.mjs";

const inMesh = "http://otel-collector.observability.svc:4318";
const choose = (...args: string[]) => choicesOf(args, () => Buffer.from("a module"));
const kinds = (...args: string[]) => objectsFor(choose(...args)).map((document) => document.toJS().kind as string);

test("a collector in the mesh needs no ServiceEntry, one outside gets one, and TLS gets a DestinationRule", () => {
  assert.deepEqual(kinds("--collector", inMesh), ["Telemetry", "ConfigMap", "EnvoyFilter"]);
  assert.deepEqual(kinds("--collector", "https://a.b.svc"), [
    "DestinationRule",
    "Telemetry",
    "ConfigMap",
    "EnvoyFilter",
  ]);
  const external = ["ServiceEntry", "Telemetry", "ConfigMap", "EnvoyFilter"];
  assert.deepEqual(kinds("--collector", "http://a.example"), external);
  assert.deepEqual(kinds("--collector", "https://a.example"), [
    "ServiceEntry",
    "DestinationRule",
    ...external.slice(1),
  ]);
});

test("native tracing stays on if requested, and a fetched module needs no ConfigMap", () => {
  const flags = ["--collector", inMesh, "--keep-native-tracing", "--module", "oci://r/i:1", "--kind", "WasmPlugin"];
  assert.deepEqual(kinds(...flags), ["WasmPlugin"]);
});

test("the configuration has the choices, which override the given one, and no defaults", () => {
  assert.deepEqual(settingsFor(choose("--collector", "http://a.example")), {
    collector: { cluster: "outbound|80||a.example" },
  });
  const config = '{"collector":{"timeout_ms":100},"sampling":{"rate":0.5}}';
  const flags = ["--protocol", "otlp", "--transport", "grpc", "--token-secret", "s", "--config", config];
  assert.deepEqual(settingsFor(choose("--collector", "http://a.example", ...flags)), {
    collector: {
      cluster: "outbound|80||a.example",
      protocol: "otlp",
      transport: "grpc",
      access_token_env: "LIGHTSPAN_ACCESS_TOKEN",
      timeout_ms: 100,
    },
    sampling: { rate: 0.5 },
  });
});

const paths: [flags: string[], path: string][] = [
  [[], "/api/v2/reports"],
  [["--transport", "grpc"], "/lightstep.collector.CollectorService/Report"],
  [["--protocol", "otlp"], "/v1/traces"],
  [["--protocol", "otlp", "--transport", "grpc"], "/opentelemetry.proto.collector.trace.v1.TraceService/Export"],
  [["--protocol", "zipkin"], "/api/v2/spans"],
];
for (const [flags, path] of paths) {
  test(`reports at ${path} start no trace in the sidecar of a collector in the mesh`, () => {
    const config = '{"sampling":{"exclude_paths":["/healthz"]}}';
    const { sampling } = settingsFor(choose("--collector", inMesh, ...flags, "--config", config));
    assert.deepEqual(sampling, { exclude_paths: ["/healthz", path] });
  });
}

test("reports at a user-chosen path start no trace there either", () => {
  const { sampling } = settingsFor(choose("--collector", inMesh, "--config", '{"collector":{"path":"/spans"}}'));
  assert.deepEqual(sampling, { exclude_paths: ["/spans"] });
});

/** The one object of a kind. */
function object(kind: string, ...flags: string[]): { spec: Record<string, unknown> } {
  const [found, ...more] = objectsFor(choose("--collector", inMesh, "--kind", kind, "--module", "configmap", ...flags))
    .map((document) => document.toJS() as { kind: string; spec: Record<string, unknown> })
    .filter((each) => each.kind === kind);
  assert.ok(found !== undefined && more.length === 0);
  return found;
}

const environment = JSON.stringify({
  tags: { environment: { pod: "POD_NAME", zone: { source: "ZONE", default: "-" } } },
});
const withVariables = ["--token-secret", "s", "--config", environment];

test("the VM of an EnvoyFilter sees the variables that its configuration names", () => {
  const json = JSON.stringify(object("EnvoyFilter", ...withVariables));
  assert.ok(
    json.includes('"environment_variables":{"host_env_keys":["LIGHTSPAN_ACCESS_TOKEN","POD_NAME","ZONE"]}'),
    json,
  );
});

for (const kind of ["WasmPlugin", "TrafficExtension"]) {
  test(`so does that of a ${kind}`, () => {
    const { spec } = object(kind, ...withVariables);
    const { vmConfig } = (kind === "WasmPlugin" ? spec : spec.wasm) as Record<string, unknown>;
    const names = ["LIGHTSPAN_ACCESS_TOKEN", "POD_NAME", "ZONE"];
    assert.deepEqual(vmConfig, { env: names.map((name) => ({ name, valueFrom: "HOST" })) });
  });
}

test("native tracing ends only for the chosen workload", () => {
  const flags = ["--collector", inMesh, "--workload", "app=reviews", "--namespace", "bookinfo"];
  const telemetry = objectsFor(choose(...flags)).map((document) => document.toJS() as Record<string, unknown>)[0];
  assert.equal(telemetry?.kind, "Telemetry");
  assert.deepEqual(telemetry.spec, {
    tracing: [{ disableSpanReporting: true }],
    selector: { matchLabels: { app: "reviews" } },
  });
});

test("the file of an EnvoyFilter's module keeps its name, as Istio does it for the other kinds", () => {
  const json = JSON.stringify(object("EnvoyFilter", "--module", "file:///opt/a%20b.wasm"));
  assert.ok(json.includes('"filename":"/opt/a%20b.wasm"'), json);
});

test("a pod waits for its Secret and ConfigMap only if their absence would cause trouble", () => {
  for (const [kind, expected] of [
    ["EnvoyFilter", 2],
    ["WasmPlugin", 0],
    ["TrafficExtension", 0],
  ] as const) {
    const flags = ["--collector", inMesh, "--kind", kind, "--module", "configmap"];
    const patchOf = (...more: string[]) => podPatchFor(choose(...flags, ...more))?.toString() ?? "";
    const both = patchOf("--token-secret", "s");
    assert.equal(both.match(/optional: true/g)?.length ?? 0, expected, kind);
    assert.equal(both.match(/the pod starts without Lightspan/g)?.length ?? 0, expected, kind);
    const one = [patchOf(), patchOf("--token-secret", "s", "--module", "oci://r.example/i:1")];
    for (const patch of one) assert.equal(patch.match(/optional: true/g)?.length ?? 0, expected / 2, kind);
  }
});

test("each named namespace gets the module's ConfigMap once", () => {
  const flags = [
    "--collector",
    inMesh,
    "--configmap",
    "bookinfo",
    "--configmap",
    "shop",
    "--configmap",
    "istio-system",
  ];
  const objects = objectsFor(choose(...flags)).map(
    (document) => document.toJS() as { kind: string; metadata: { namespace: string }; binaryData: unknown },
  );
  const maps = objects.filter(({ kind }) => kind === "ConfigMap");
  assert.deepEqual(
    maps.map(({ metadata }) => metadata.namespace),
    ["istio-system", "bookinfo", "shop"],
  );
  for (const { binaryData } of maps) assert.deepEqual(binaryData, maps[0]?.binaryData);
});

test("an EnvoyFilter has the filters that write headers after Lightspan only if Envoy is to write them", () => {
  interface Patch {
    applyTo: string;
    patch: { operation: string; value: { name: string } };
  }
  const filters = (...flags: string[]) => {
    const patches = object("EnvoyFilter", ...flags).spec.configPatches as Patch[];
    const inserts = patches.filter(({ applyTo }) => applyTo === "HTTP_FILTER").map(({ patch }) => patch);
    for (const { operation } of inserts) assert.equal(operation, "INSERT_FIRST");
    // Each patch inserts its filter in front of the earlier ones.
    return inserts.map(({ value }) => value).reverse();
  };
  assert.deepEqual(
    filters().map(({ name }) => name),
    ["lightspan"],
  );
  const [first, ...rest] = filters("--via", "filter_state", "--config", '{"propagation":{"trace_id_bits":64}}');
  assert.equal(first?.name, "lightspan");
  assert.deepEqual(rest, headerFilters());
  const { propagation } = settingsFor(
    choose("--collector", inMesh, "--via", "filter_state", "--config", '{"propagation":{"trace_id_bits":64}}'),
  );
  assert.deepEqual(propagation, { trace_id_bits: 64, via: "filter_state" });
});

test("an EnvoyFilter of a workload removes the filters of wider ones before it inserts its own", () => {
  interface Patch {
    applyTo: string;
    match: { listener?: { filterChain: { filter: { subFilter?: { name: string } } } } };
    patch: { operation: string; value?: { name: string } };
  }
  const patches = object("EnvoyFilter", "--namespace", "shop", "--workload", "app=reviews").spec
    .configPatches as Patch[];
  const changes = patches.map(({ match, patch: { operation, value } }) => [
    operation,
    value?.name ?? match.listener?.filterChain.filter.subFilter?.name,
  ]);
  assert.deepEqual(changes, [
    ["REMOVE", "lightspan"],
    ["REMOVE", "lightspan.shop"],
    ...headerFilters()
      .map(({ name }) => ["REMOVE", name])
      .reverse(),
    ["INSERT_FIRST", "lightspan-app-reviews.shop"],
    ["ADD", "lightspan-app-reviews.shop"],
  ]);
});
