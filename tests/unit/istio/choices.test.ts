// What a person may choose of Lightspan in Istio, and what is said when it cannot be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf } from "../../../envoy/istio/choices.mjs";

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
  [["--collector", "http://10.0.0.1:8360"], /^--collector: found/],
  [["--collector", "http://[::1]:8360"], /^--collector: found/],
  [["--collector", "http://a.example/path"], /^--collector: found/],
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
  [["--collector", inMesh, "--sidecar", "A"], /^--sidecar: found "A"; allowed: small letters/],
  [["--collector", inMesh, "--token-secret", "a/b/c"], /^--token-secret: found "a\/b\/c"; allowed: NAME or NAME\/KEY/],
  [["--collector", inMesh, "--workload", "reviews"], /^--workload: found "reviews"; allowed: LABEL=VALUE$/],
  [["--collector", inMesh, "--config", "{"], /^--config: found "{"; allowed: a JSON object/],
  [["--collector", inMesh, "--config", "[]"], /^--config: found "\[\]"; allowed: a JSON object/],
  [
    ["--collector", inMesh, "--module", "ftp://a/b"],
    /^--module: found "ftp:\/\/a\/b"; allowed: configmap, file:\/\/\/PATH/,
  ],
  [["--collector", inMesh, "--module", "file://relative"], /^--module: found/],
  [["--collector", inMesh, "--module", "oci://registry"], /^--module: found/],
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
