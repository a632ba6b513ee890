// The valid choices for Lightspan in Istio, and the messages for invalid ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf } from "../../../cli/istio/choices.mjs";

const module = Buffer.from("a module");
const choose = (...args: string[]) => choicesOf(args, () => module);
const inMesh = "http://otel-collector.observability.svc:4318";

const clusters: [collector: string, flags: string[], cluster: string][] = [
  [inMesh, [], "outbound|4318||otel-collector.observability.svc.cluster.local"],
  ["http://a.b.svc.cluster.local", [], "outbound|80||a.b.svc.cluster.local"],
  ["https://a.b.svc.other.domain:4318", [], "outbound|4318||a.b.svc.other.domain"],
  ["http://satellite.example:8360", [], "outbound|80||satellite.example"],
  ["lightstep", ["--token-secret", "s"], "outbound|80||collector.lightstep.com"],
  ["lightstep", ["--token-secret", "s", "--transport", "grpc"], "outbound|80||collector-grpc.lightstep.com"],
  ["lightstep", ["--token-secret", "s", "--protocol", "otlp"], "outbound|80||ingest.lightstep.com"],
];
for (const [collector, flags, cluster] of clusters) {
  test(`the cluster of ${[collector, ...flags].join(" ")} is ${cluster}`, () => {
    assert.equal(choose("--collector", collector, ...flags).collector.cluster, cluster);
  });
}

const refusals: [flags: string[], message: RegExp][] = [
  [[], /^--collector: is missing; allowed: lightstep, or a URL/],
  [["--collector", "lightstep"], /^--token-secret: is missing; allowed: the name of a Secret/],
  [["--collector", "satellite:8360"], /^--collector: found "satellite:8360"; allowed: lightstep, http:/],
  [["--collector", "http://satellite:8360"], /^--collector: found "http:\/\/satellite:8360"; allowed/],
  [["--collector", inMesh, "--via", "states"], /^--via: found "states"; allowed: headers, filter_state$/],
  [
    ["--collector", inMesh, "--kind", "WasmPlugin", "--module", "oci://r/i:1", "--via", "filter_state"],
    /^--via: found "filter_state"; allowed: headers with WasmPlugin, which is one filter/,
  ],
  [
    ["--collector", inMesh, "--config", '{"propagation":{"via":"filter_state"}}'],
    /^--config: found "propagation\.via"; allowed: --via$/,
  ],
  [["--collector", "http://10.0.0.1:8360"], /^--collector: found/],
  [["--collector", "http://[::1]:8360"], /^--collector: found/],
  [
    ["--collector", "http://a.example:4318/v1/traces"],
    /^--collector: found .*; allowed: http:\/\/a\.example:4318; --config .*path/,
  ],
  [["--collector", "http://*.example:4318"], /^--collector: found/],
  [["--collector", "http://a_b.example"], /^--collector: found/],
  [["--collector", "http://a.b.svc:0"], /^--collector: found/],
  [["--collector", "http://a.b.svc:99999"], /^--collector: found/],
  [["--collector", "http://collector.svc:4318"], /^--collector: found .* NAME\.NAMESPACE\.svc$/],
  [["--collector", "http://collector.svc.cluster.local"], /^--collector: found .* NAME\.NAMESPACE\.svc$/],
  [["--collector", ""], /^--collector: found ""; allowed: lightstep/],
  [["--collector", "http://user:word@a.example"], /^--collector: found/],
  [
    ["--collector", "lightstep", "--protocol", "zipkin", "--token-secret", "s"],
    /^--collector: found "lightstep"; allowed: with/,
  ],
  [["--collector", inMesh, "--protocol", "jaeger"], /^--protocol: found "jaeger"; allowed: lightstep, otlp, zipkin$/],
  [["--collector", inMesh, "--transport", "thrift"], /^--transport: found "thrift"; allowed: http, grpc$/],
  [
    ["--collector", inMesh, "--protocol", "zipkin", "--transport", "grpc"],
    /^--transport: found "grpc"; allowed: http with zipkin/,
  ],
  [
    ["--collector", inMesh, "--kind", "Wasm"],
    /^--kind: found "Wasm"; allowed: EnvoyFilter, WasmPlugin, TrafficExtension$/,
  ],
  [
    ["--collector", inMesh, "--namespace", "Istio_System"],
    /^--namespace: found "Istio_System"; allowed: small letters/,
  ],
  [["--collector", inMesh, "--namespace", ""], /^--namespace: found ""; allowed: small letters/],
  [["--collector", inMesh, "--token-secret=-a"], /^--token-secret: found "-a"/],
  [
    ["--collector", inMesh, "--kind", "WasmPlugin"],
    /^--module: is missing; allowed: https:.* with WasmPlugin: .* 500$/,
  ],
  [["--collector", inMesh, "--configmap", "A"], /^--configmap: found "A"; allowed: small letters/],
  [
    ["--collector", inMesh, "--configmap", "a", "--module", "oci://r.example/i:1"],
    /^--configmap: found "a"; allowed: with --module configmap only/,
  ],
  [["--collector", inMesh, "--sidecar", "A"], /^--sidecar: found "A"; allowed: small letters/],
  [["--collector", inMesh, "--token-secret", "a/b/c"], /^--token-secret: found "a\/b\/c"; allowed: NAME or NAME\/KEY/],
  [["--collector", inMesh, "--workload", "reviews"], /^--workload: found "reviews"; allowed: LABEL=VALUE$/],
  [
    ["--collector", inMesh, "--workload", "app=-", "--namespace", "a"],
    /^--workload: found "app=-"; allowed: LABEL=VALUE$/,
  ],
  [
    ["--collector", inMesh, "--workload", "app=a", "--workload", "app=b", "--namespace", "a"],
    /^--workload: found "app=b"; allowed: one value of app/,
  ],
  [
    ["--collector", inMesh, "--workload", "app=a"],
    /^--workload: found "app=a"; allowed: with the workload's own --namespace, or with --keep-native-tracing/,
  ],
  [
    ["--collector", inMesh, "--config", '{"collector":{"access_token":"secret"}}'],
    /^--config: found "collector\.access_token"; allowed: --token-secret; a manifest is no place for a token$/,
  ],
  [
    ["--collector", inMesh, "--config", '{"collector":{"protocol":"otlp"}}'],
    /^--config: found "collector\.protocol"; allowed: --protocol$/,
  ],
  [["--collector", inMesh, "--config", '{"collector":"x"}'], /^--config: found .*; allowed: a JSON object/],
  [["--collector", inMesh, "--config", "{"], /^--config: found "{"; allowed: a JSON object/],
  [["--collector", inMesh, "--config", "[]"], /^--config: found "\[\]"; allowed: a JSON object/],
  [
    ["--collector", inMesh, "--module", "ftp://a/b"],
    /^--module: found "ftp:\/\/a\/b"; allowed: configmap, file:\/\/\/PATH/,
  ],
  [["--collector", inMesh, "--module", "file://relative"], /^--module: found/],
  [["--collector", inMesh, "--module", "oci://registry"], /^--module: found/],
  [["--collector", inMesh, "--module", "oci://registry.example/i@sha256:abc"], /^--module: found/],
  [["--collector", inMesh, "--module", "https://a.example/the module.wasm"], /^--module: found/],
  [["--collector", inMesh, "--module", "https://a.example:port/l.wasm"], /^--module: found/],
  [
    ["--collector", inMesh, "--module", "oci://r/i:1", "--sha256", "abc"],
    /^--sha256: found "abc"; allowed: 64 hexadecimal/,
  ],
  [
    ["--collector", inMesh, "--sha256", "none"],
    /^--sha256: found "none"; allowed: with an https:\/\/ or oci:\/\/ module only/,
  ],
];
for (const [flags, message] of refusals) {
  test(`refused: ${flags.join(" ") || "no flag at all"}`, () => {
    assert.throws(
      () => choose(...flags),
      (error: Error) => (assert.match(error.message, message), true),
    );
  });
}

test("a checksum may have the format that tools print", () => {
  const flags = ["--collector", inMesh, "--module", "oci://registry.example:5000/i:1", "--sha256"];
  const expected = "0123456789abcdef".repeat(4);
  for (const written of [expected, expected.toUpperCase(), `sha256:${expected}`])
    assert.equal(choose(...flags, written).module.sha256, expected);
});

test("a namespace that is named twice gets one Sidecar", () => {
  assert.deepEqual(choose("--collector", inMesh, "--sidecar", "a", "--sidecar", "a").sidecars, ["a"]);
});
