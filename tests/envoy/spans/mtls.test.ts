// Who called, by certificate: mTLS peer identities as custom tags, as two sidecars of a mesh see each other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { get } from "node:https";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inboundListener, sidecar } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { startSatellite } from "../../../satellite/server.ts";
import { during, envoyBinary, listen, wasm } from "../ground.ts";
import { eventually } from "../../wait.ts";

// Made only for this test: a CA, and two workloads with SPIFFE ids; valid for a hundred years.
const pem = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));

const downstreamTls = {
  name: "envoy.transport_sockets.tls",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
    require_client_certificate: true,
    common_tls_context: {
      tls_certificates: [
        { certificate_chain: { filename: pem("server") }, private_key: { filename: pem("server.key") } },
      ],
      validation_context: { trusted_ca: { filename: pem("ca") } },
    },
  },
};

interface Listeners {
  static_resources: { listeners: { filter_chains: { transport_socket?: unknown }[] }[] };
}

test("mTLS peer identities are tags if the configuration asks for them", async () => {
  const app = await listen(createServer((_, response) => response.end("ok")));
  const satellite = await startSatellite({});
  const properties = {
    mtls: "connection.mtls",
    downstream_peer_uri_san: "connection.uri_san_peer_certificate",
    downstream_local_uri_san: "connection.uri_san_local_certificate",
  };
  const config = sidecar({
    workload: workload("reviews-v1"),
    lightspan: { wasm, config: { collector: { cluster: "lightspan-collector" }, tags: { properties } } },
    collector: { host: "127.0.0.1", port: satellite.port },
    inbound: { service: services.reviews, app },
  });
  const [chain] = (config as unknown as Listeners).static_resources.listeners[0]?.filter_chains ?? [];
  assert.ok(chain);
  chain.transport_socket = downstreamTls;
  try {
    const envoy = await startEnvoy({ binary: await envoyBinary, name: "reviews-v1", config });
    await during([envoy], async () => {
      const [cert, key, ca] = ["client", "client.key", "ca"].map((name) => readFileSync(pem(name)));
      const options = { host: "127.0.0.1", port: await envoy.listenerPort(inboundListener), cert, key, ca };
      await new Promise<void>((resolve, reject) => {
        get({ ...options, agent: false }, (response) => response.resume().on("end", resolve)).on("error", reject);
      });
      const span = await eventually("the span", () => satellite.store.list()[0]?.spans[0]);
      assert.equal(span.tags.mtls, "true");
      assert.equal(span.tags.downstream_peer_uri_san, "spiffe://cluster.local/ns/default/sa/bookinfo-productpage");
      assert.equal(span.tags.downstream_local_uri_san, "spiffe://cluster.local/ns/default/sa/bookinfo-reviews");
      assert.match(String(span.tags["http.url"]), /^https?:\/\/127\.0\.0\.1/);
    });
  } finally {
    await satellite.close();
    await app.close();
  }
});
