// Where istiod puts Lightspan, what happens if the module or its configuration is bad, and what happens to native
// tracing: read from the configuration that real Envoys got from the real istiod, with traffic through them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnvoyProcess } from "../../runner/process.ts";
import { workload } from "../../demo/topology.ts";
import { viewPages } from "../../demo/traffic.ts";
import { account, wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { inMesh } from "./bookinfo.ts";
import { collectorUrl, inCluster } from "./cluster.ts";
import { connectionManagers, extensions, speaksHttp2 } from "./dump.ts";
import type { KubeObject } from "./kubernetes.ts";
import { manifestObjects, refusedObjects } from "./manifests.ts";
import { outsider } from "./objects.ts";
import { startProxy } from "./proxy.ts";

const timeout = 120_000;
const file = ["--collector", collectorUrl, "--module", `file://${wasm}`];

/** Native tracing with Istio's usual OpenTelemetry provider, for the whole mesh. */
const nativeTracing = {
  extensionProviders: [
    { name: "otel", opentelemetry: { service: "satellite.observability.svc.cluster.local", port: 8360 } },
  ],
  defaultProviders: { tracing: ["otel"] },
};

function envoyOf(envoys: Map<string, EnvoyProcess>, name: string): EnvoyProcess {
  const envoy = envoys.get(name);
  assert.ok(envoy, `no Envoy ${name}`);
  return envoy;
}

test("as an EnvoyFilter Lightspan comes first, in both directions and in gateways", { timeout }, async () => {
  await inMesh({ objects: manifestObjects(...file) }, async ({ envoys }) => {
    for (const [name, directions] of [
      ["reviews-v2", ["INBOUND", "OUTBOUND"]],
      ["istio-ingressgateway", ["OUTBOUND"]],
    ] as const) {
      const managers = await connectionManagers(envoyOf(envoys, name));
      assert.deepEqual([...new Set(managers.map(({ direction }) => direction))].sort(), directions, name);
      for (const { direction, filters } of managers) {
        assert.equal(filters[0], "lightspan", `${name} ${direction}`);
        assert.equal(filters.filter((filter) => filter === "lightspan").length, 1, `${name} ${direction}`);
      }
    }
  });
});

for (const kind of ["WasmPlugin", "TrafficExtension"]) {
  test(`as a ${kind} Lightspan is once in each chain, before Istio's own last filters`, { timeout }, async () => {
    await inMesh({ objects: manifestObjects(...file, "--kind", kind) }, async ({ envoys, url, satellite }) => {
      for (const { direction, filters } of await connectionManagers(envoyOf(envoys, "reviews-v2"))) {
        const ours = filters.filter((name) => name.includes("lightspan"));
        assert.equal(ours.length, 1, `${direction}: ${filters.join(", ")}`);
        const after = filters.slice(filters.indexOf(ours[0] ?? "") + 1);
        assert.ok(after.includes("envoy.filters.http.fault"), `${direction}: ${filters.join(", ")}`);
      }
      const [config] = await extensions(envoyOf(envoys, "reviews-v2"));
      assert.equal(config?.vmId, undefined, "the documents say that there is no vm_id");
      assert.deepEqual(await viewPages(url, 1, 1), []);
      await eventually("spans", () => satellite.store.list()[0]);
    });
  });
}

test("if the module's file is missing, traffic flows without Lightspan", { timeout }, async () => {
  const objects = manifestObjects("--collector", collectorUrl, "--module", "file:///nowhere/lightspan.wasm");
  await inMesh({ objects }, async ({ envoys, url, satellite }) => {
    assert.deepEqual(await viewPages(url, 5, 1), []);
    assert.equal(satellite.store.list().length, 0);
    const log = envoyOf(envoys, "reviews-v1").log();
    assert.match(log, /nowhere\/lightspan\.wasm/, "Envoy's log does not tell which file is missing");
  });
});

test(
  "if the configuration is refused, traffic flows without Lightspan, and Envoy's log says why",
  { timeout },
  async () => {
    await inMesh({ objects: refusedObjects(...file) }, async ({ envoys, url, satellite }) => {
      assert.deepEqual(await viewPages(url, 5, 1), []);
      assert.equal(satellite.store.list().length, 0);
      assert.match(envoyOf(envoys, "reviews-v1").log(), /configuration refused: sampling\.rate: found 7; allowed/);
    });
  },
);

test(
  "a gateway that has only the clusters of its routes still gets the cluster of the collector",
  { timeout },
  async () => {
    const collector = "outbound|8360||satellite.observability.svc.cluster.local";
    const pilotEnvironment = { PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true" };
    for (const [flags, expected] of [
      [file, false],
      [[...file, "--kind", "WasmPlugin"], undefined],
    ] as const) {
      await inMesh({ objects: manifestObjects(...flags), pilotEnvironment }, async ({ envoys }) => {
        assert.equal(await speaksHttp2(envoyOf(envoys, "istio-ingressgateway"), collector), expected, flags.join(" "));
      });
    }
  },
);

test("native tracing is off with our Telemetry, and on without it", { timeout }, async () => {
  for (const [flags, expected] of [
    [file, false],
    [[...file, "--keep-native-tracing"], true],
  ] as const) {
    await inMesh({ objects: manifestObjects(...flags), meshConfig: nativeTracing }, async ({ envoys }) => {
      const managers = await connectionManagers(envoyOf(envoys, "reviews-v2"));
      assert.ok(managers.length >= 2);
      assert.deepEqual(new Set(managers.map(({ tracing }) => tracing)), new Set([expected]), flags.join(" "));
    });
  }
});

test(
  "if one workload is chosen, it is the only one with Lightspan and without native tracing",
  { timeout },
  async () => {
    const objects = manifestObjects(...file, "--namespace", "default", "--workload", "app=reviews");
    await inMesh({ objects, meshConfig: nativeTracing }, async ({ envoys }) => {
      for (const [name, chosen] of [
        ["reviews-v2", true],
        ["details-v1", false],
        ["istio-ingressgateway", false],
      ] as const) {
        const managers = await connectionManagers(envoyOf(envoys, name));
        assert.ok(managers.length > 0);
        for (const { filters, tracing } of managers)
          assert.deepEqual([filters.some((each) => each.startsWith("lightspan")), tracing], [chosen, !chosen], name);
      }
    });
  },
);

test("a change of configuration loses no request", { timeout }, async () => {
  await inMesh({ objects: manifestObjects(...file) }, async ({ envoys, url, kubernetes, satellite }) => {
    const over = new AbortController();
    const failures: string[] = [];
    let views = 0;
    const traffic = (async () => {
      while (!over.signal.aborted) {
        failures.push(...(await viewPages(url, 4, 4)));
        views += 4;
      }
    })();
    for (const tag of ["first", "second", "third"]) {
      const config = JSON.stringify({ tags: { literal: { change: tag } } });
      const changed = manifestObjects(...file, "--config", config).find(({ kind }) => kind === "EnvoyFilter");
      kubernetes.apply(changed as KubeObject);
      await eventually(`the ${tag} change in a span of reviews`, () =>
        satellite.store
          .list()
          .flatMap(({ spans }) => spans)
          .find(({ service, tags }) => service === "reviews.default" && tags.change === tag),
      );
    }
    over.abort();
    await traffic;
    assert.deepEqual(failures, []);
    assert.ok(views > 10, `only ${views} page views`);
    const { requests = 0, spans_dropped } = await account([envoyOf(envoys, "reviews-v1")]);
    assert.ok(requests > 0);
    assert.equal(spans_dropped ?? 0, 0);
  });
});

test(
  "a collector's cluster speaks HTTP/2 if gRPC is chosen: outside the mesh, and inside by the port's name",
  { timeout },
  async () => {
    const at = { host: "127.0.0.1", port: 9 };
    const outside = manifestObjects(
      "--collector",
      "https://otlp.example:4317",
      "--protocol",
      "otlp",
      "--transport",
      "grpc",
    );
    const services = [
      ...outsider("by-name", "observability", 4317, at, "grpc-otlp"),
      ...outsider("plain", "observability", 4318, at),
    ];
    const host = (name: string): string => `${name}.observability.svc.cluster.local`;
    const sees = [
      `observability/${host("by-name")}:4317`,
      `observability/${host("plain")}:4318`,
      "istio-system/otlp.example:80",
    ];
    await inCluster({ objects: [...outside, ...services], sees }, async ({ pilot, ports, add }) => {
      const details = workload("details-v1");
      const INSTANCE_IPS = ports.get(details)?.inbound.host;
      const envoy = add(await startProxy({ pilot, workload: details, metadata: { INSTANCE_IPS } }));
      assert.equal(await speaksHttp2(envoy, `outbound|4317||${host("by-name")}`), true);
      assert.equal(await speaksHttp2(envoy, `outbound|4318||${host("plain")}`), false);
      assert.equal(await speaksHttp2(envoy, "outbound|80||otlp.example"), true);
    });
  },
);
