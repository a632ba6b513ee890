// `lightspan check` says of a configuration what Envoy's log says of it, word for word: one module, two hosts. It gets the very
// bootstrap that Envoy gets, and the bare configuration too.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { run } from "../../../runner/command.ts";
import { sidecar } from "../../../runner/config/mesh.ts";
import { services, workload } from "../../../demo/topology.ts";
import { check } from "../../unit/cli/check.ts";
import { MISTAKES, TEXTS } from "../../unit/module/configuration/mistakes.ts";
import { configuration } from "../../unit/module/sidecar.ts";
import { envoyBinary, wasm } from "../ground.ts";

const folder = mkdtempSync(join(tmpdir(), "lightspan-check-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "envoy.json");

/** Envoy's lines about `config`, from `configuration refused` on; empty if it takes it. */
async function refusalsOf(config: string): Promise<string[]> {
  const app = { host: "127.0.0.1", port: 9 };
  const inbound = { service: services.reviews, app };
  const lightspan = { wasm, config };
  writeFileSync(
    file,
    JSON.stringify(sidecar({ workload: workload("reviews-v1"), lightspan, collector: app, inbound })),
  );
  const { code, output } = await run(await envoyBinary, ["--mode", "validate", "-c", file], process.env);
  const lines = [...output.matchAll(/configuration refused: .*/g)].map(([line]) => line);
  assert.equal(code !== 0, lines.length > 0, output);
  return [...new Set(lines)];
}

const wrong: [what: string, config: string][] = [
  ...MISTAKES.map(([what, changes]): [string, string] => [what, configuration(changes)]),
  ...TEXTS.map(([what, text]): [string, string] => [`the text ${what}`, text]),
];

describe("lightspan check refuses with the line of Envoy's log when", () => {
  for (const [what, config] of wrong) {
    it(what, async () => {
      const [line, ...more] = await refusalsOf(config);
      assert.deepEqual(more, [], "Envoy has one line");
      assert.deepEqual(check("-", config), { code: 1, out: "", err: `${line}\n` });
      const carried = check(file);
      assert.match(carried.err, /^.*envoy\.json:1: configuration refused: /);
      assert.ok(carried.err.endsWith(`: ${line}\n`), carried.err);
      assert.equal(carried.code, 1);
    });
  }
});

it("lightspan check takes what Envoy takes", async () => {
  const config = configuration();
  assert.deepEqual(await refusalsOf(config), []);
  assert.deepEqual(check("-", config), { code: 0, out: "configuration taken\n", err: "" });
  assert.equal(check(file).code, 0);
});
