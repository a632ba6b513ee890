// The tables of docs/formats.md against the satellite's paths and the tests with real collectors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formats } from "../../../satellite/receive/formats.ts";
import { codeOf, tableBelow } from "../../envoy/equality/markdown.ts";
import { all } from "../../peers/rows.ts";

const document = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8");
const plain = (cell: string): string => codeOf(cell) ?? cell;

test("the paths are exactly those that the satellite accepts", () => {
  const documented = tableBelow(document, "What is sent where").map((row) => row.slice(0, 3).map(plain));
  const taken = formats.flatMap(({ name, path, grpcPath }) => [
    [name, "http", path],
    ...(grpcPath === undefined ? [] : [[name, "grpc", grpcPath]]),
  ]);
  assert.deepEqual(documented, taken);
});

test("the tested collectors are those of npm run test:peers, row by row", () => {
  const documented = tableBelow(document, "What is tested with which collector").map((row) => row.map(plain));
  const tried = all.map(({ format, transport, compression, collector }) => [format, transport, compression, collector]);
  assert.deepEqual(documented, tried);
});

test("the versions are those of the built collectors", () => {
  const modules = readFileSync(new URL("../../peers/go/otelcol/go.mod", import.meta.url), "utf8");
  const [, collector] = /go\.opentelemetry\.io\/collector\/otelcol v(\S+)/.exec(modules) ?? [];
  const jar = readFileSync(new URL("../../peers/zipkin.ts", import.meta.url), "utf8");
  const [, zipkin] = /VERSION = "([^"]+)"/.exec(jar) ?? [];
  assert.ok(document.includes(`OpenTelemetry Collector is ${collector}, Zipkin ${zipkin}`), `${collector}, ${zipkin}`);
});

test("every field of a span has a cell for every format", () => {
  for (const row of tableBelow(document, "Where each field goes"))
    assert.ok(row.length === 4 && row.every((cell) => cell !== ""), row.join(" | "));
});
