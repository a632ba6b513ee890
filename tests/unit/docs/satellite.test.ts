// The tables of docs/satellite.md against a running satellite: both have the same paths and fields.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { codeOf, tableBelow } from "../../envoy/equality/markdown.ts";
import { formats } from "../../../satellite/receive/formats.ts";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import { post } from "../satellite/client.ts";
import { encodeReport, someSpan } from "../satellite/encode.ts";

const document = readFileSync(new URL("../../../docs/satellite.md", import.meta.url), "utf8");

let satellite: Satellite;
before(async () => {
  satellite = await startSatellite();
  await post(satellite, encodeReport({ spans: [someSpan()] }));
});
after(() => satellite.close());

const json = async (path: string) => (await fetch(satellite.url + path)).json();

/** The first cells of the next table below `words`. */
function namesBelow(words: string): string[] {
  const from = document.indexOf(words);
  assert.ok(from >= 0, `docs/satellite.md does not say: ${words}`);
  const rows = /\n((?:\|.*\n)+)/.exec(document.slice(from))?.[1]?.trim().split("\n").slice(2) ?? [];
  return rows.map((row) => /`([^`]+)`/.exec(row)?.[1] ?? row);
}

test("the paths are those that the satellite itself lists", async () => {
  const listed = [...(await (await fetch(satellite.url)).text()).matchAll(/^GET +(\S+)/gm)].map(
    ([, path = ""]) => path,
  );
  assert.deepEqual(
    tableBelow(document, "The API").map(([path = ""]) => codeOf(path)),
    listed,
  );
});

test("the formats, with their paths and types", () => {
  const cell = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);
  const rows = formats.map(({ name, path, contentType, grpcPath }) =>
    [name, `POST ${path}`, contentType, grpcPath].map(cell),
  );
  assert.deepEqual(tableBelow(document, "What it receives"), rows);
});

test("the fields of a trace in the list", async () => {
  const [trace] = await json("/api/traces");
  assert.deepEqual(namesBelow("A trace in the list:").sort(), Object.keys(trace).sort());
});

test("the fields of a span", async () => {
  const { spans } = await json(`/api/traces/${someSpan().traceId}`);
  assert.deepEqual(namesBelow("A span of a trace:").sort(), Object.keys(spans[0]).sort());
});

test("the fields of an event", async () => {
  const abort = new AbortController();
  const response = await fetch(`${satellite.url}/api/live`, { signal: abort.signal });
  const { value } = (await response.body?.getReader().read()) ?? {};
  abort.abort();
  const event = JSON.parse(new TextDecoder().decode(value).replace(/^data: /, ""));
  assert.deepEqual(namesBelow("An event of").sort(), Object.keys(event).sort());
});
