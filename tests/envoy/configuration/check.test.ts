// `lightspan check` reports a configuration word for word as Envoy's log does: one module, two hosts. It gets Envoy's
// listener, and the bare configuration too. One Envoy gets all listeners; the name of each plugin identifies its lines.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { sidecar } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { tryConfiguration } from "../../../cli/check/host.mjs";
import { readModule } from "../../../cli/module.mjs";
import { check } from "../../unit/cli/check.ts";
import { MISTAKES, TEXTS } from "../../unit/module/configuration/mistakes.ts";
import { configuration } from "../../unit/module/sidecar.ts";
import { PATIENCE_MS } from "../../wait.ts";
import { envoyBinary, wasm } from "../ground.ts";

const folder = mkdtempSync(join(tmpdir(), "lightspan-check-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "envoy.json");

interface Whole extends Config {
  node: Config;
  static_resources: { listeners: Listener[]; clusters: Config[] };
}

interface Listener {
  name: string;
  filter_chains: { filters: { typed_config: { http_filters: { typed_config: { config: Config } }[] } }[] }[];
}

/** A sidecar with this configuration and this name for its listener and plugin. */
function named(name: string, config: string): Whole {
  const app = { host: "127.0.0.1", port: 9 };
  const inbound = { service: services.reviews, app };
  const lightspan = { wasm, config };
  const whole = sidecar({ workload: workload("reviews-v1"), lightspan, collector: app, inbound }) as Whole;
  for (const listener of whole.static_resources.listeners) {
    listener.name = name;
    const filter = listener.filter_chains[0]?.filters[0]?.typed_config.http_filters[0];
    Object.assign(filter?.typed_config.config ?? {}, { name, root_id: name });
  }
  return whole;
}

const wrong: [what: string, config: string][] = [
  ...MISTAKES.map(([what, changes]): [string, string] => [what, configuration(changes)]),
  ...TEXTS.map(([what, text]): [string, string] => [`the text ${what}`, text]),
];
const RIGHT = "right";
const sidecars = new Map([
  ...wrong.map(([what, config], place): [string, Whole] => [what, named(`wrong-${place}`, config)]),
  [RIGHT, named(RIGHT, configuration())],
]);

/** Envoy's lines about each configuration, from `configuration refused` on, without repeats. */
const refusals = new Map<string, string[]>();

before(async () => {
  const path = join(folder, "listeners.json");
  const resources = [...sidecars.values()].flatMap(({ static_resources }) => static_resources.listeners);
  const type = "type.googleapis.com/envoy.config.listener.v3.Listener";
  writeFileSync(path, JSON.stringify({ resources: resources.map((each) => ({ "@type": type, ...each })) }));
  const { node, static_resources } = named(RIGHT, configuration());
  const lds_config = { resource_api_version: "V3", path_config_source: { path } };
  const config = bootstrap(node, [], static_resources.clusters, { dynamic_resources: { lds_config } });
  const options = { binary: await envoyBinary, name: "checked", config, readyTimeoutMs: PATIENCE_MS };
  const envoy = await startEnvoy(options);
  try {
    const { listener_statuses = [] } = (await (await fetch(`${envoy.admin}/listeners?format=json`)).json()) as {
      listener_statuses?: { name: string }[];
    };
    const taken = listener_statuses.map(({ name }) => name);
    for (const [what, { static_resources }] of sidecars) {
      const name = static_resources.listeners[0]?.name ?? "";
      const line = new RegExp(`wasm log ${name} .*?(configuration refused: .*)`, "g");
      const lines = [...envoy.log().matchAll(line)].map(([, refusal = ""]) => refusal);
      refusals.set(what, [...new Set(lines)]);
      assert.equal(taken.includes(name), lines.length === 0, `${what}: ${lines.join("\n")}`);
    }
  } finally {
    await envoy.stop();
  }
});

describe("lightspan check refuses with the line of Envoy's log when", () => {
  const module = Uint8Array.from(readModule());
  /** What the command says of a file that carries all configurations, each on a line of its own. */
  let said: string[] = [];

  before(() => {
    const whole = named(RIGHT, configuration());
    const listeners = wrong.map(([what]) => JSON.stringify(sidecars.get(what)?.static_resources.listeners[0]));
    const clusters = JSON.stringify(whole.static_resources.clusters);
    writeFileSync(file, `{"static_resources":{"clusters":${clusters},"listeners":[\n${listeners.join(",\n")}]}}`);
    const { code, err } = check(file);
    assert.equal(code, 1);
    said = err.split("\n");
  });

  wrong.forEach(([what, config], place) => {
    it(what, () => {
      const [line, ...more] = refusals.get(what) ?? [];
      assert.deepEqual(more, [], "Envoy has one line");
      const bare = tryConfiguration(module, Buffer.from(config), {});
      assert.deepEqual([bare.accepted, bare.lines.map(({ text }) => text)], [false, [line]]);
      const carried = said.filter((each) => each.startsWith(`${file}:${place + 2}: `));
      assert.deepEqual(carried, [`${file}:${place + 2}: ${line}`]);
    });
  });
});

it("lightspan check refuses a configuration on standard input", () => {
  const [what, config] = wrong[0] ?? ["", ""];
  assert.deepEqual(check("-", config), { code: 1, out: "", err: `${refusals.get(what)?.[0]}\n` });
});

it("lightspan check accepts what Envoy accepts", () => {
  assert.deepEqual(refusals.get(RIGHT), []);
  assert.deepEqual(check("-", configuration()), { code: 0, out: "configuration taken\n", err: "" });
  writeFileSync(file, JSON.stringify(sidecars.get(RIGHT)));
  assert.equal(check(file).code, 0);
});
