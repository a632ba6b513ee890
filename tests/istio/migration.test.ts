// docs/migration.md names every setting of the tracers that people migrate from: the fields of Istio's and Envoy's own
// APIs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { run } from "../../runner/command.ts";
import { findIstio } from "./tools.ts";

const mesh = "istio.mesh.v1alpha1";
const provider = `${mesh}.MeshConfig.ExtensionProvider`;
const trace = "envoy.config.trace.v3";
const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** Messages by the section of the document that lists their fields. */
const sections: [heading: string, messages: string[]][] = [
  [
    "From Istio's Lightstep provider",
    [
      `${provider}.LightstepTracingProvider`,
      `${mesh}.Tracing`,
      `${mesh}.Tracing.Lightstep`,
      "istio.telemetry.v1alpha1.Tracing",
    ],
  ],
  ["From Envoy's Lightstep tracer", [`${trace}.LightstepConfig`, `${manager}.Tracing`]],
  ["From native Zipkin", [`${trace}.ZipkinConfig`, `${provider}.ZipkinTracingProvider`, `${mesh}.Tracing.Zipkin`]],
  [
    "From native OpenTelemetry",
    [
      `${trace}.OpenTelemetryConfig`,
      `${provider}.OpenTelemetryTracingProvider`,
      `${provider}.HttpService`,
      `${provider}.GrpcService`,
    ],
  ],
];

/** Other tracers' settings, which do not belong in a section about one tracer. */
const ofOthers = ["zipkin", "datadog", "stackdriver", "openCensusAgent"];

const document = readFileSync(new URL("../../docs/migration.md", import.meta.url), "utf8");

/** The first column of the tables below a heading. */
function settingsBelow(heading: string): string {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .flatMap((line) => (line.startsWith("| ") ? [line.split("|")[1] ?? ""] : []))
    .join("\n");
}

for (const [heading, messages] of sections) {
  test(`"${heading}" has every setting of ${messages.join(", ")}`, async () => {
    const { fields } = await findIstio(console.error);
    const { code, output } = await run(fields, messages, process.env);
    assert.equal(code, 0, output);
    const settings = settingsBelow(heading);
    const names = output
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      // Istio's settings have their JSON names, Envoy's those of its API.
      .map(([message = "", name = "", json = ""]) => (message.startsWith("istio.") ? json : name))
      .filter((name) => !ofOthers.includes(name));
    assert.ok(names.length > 3);
    const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(settings));
    assert.deepEqual(missing, []);
  });
}
