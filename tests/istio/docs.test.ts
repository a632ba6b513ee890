// The documents' examples for Istio: runs every command of ours, and has istioctl judge every manifest.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tryConfiguration } from "../../cli/check/host.mjs";
import { readModule } from "../../cli/module.mjs";
import { complaints } from "./judge.ts";
import { objectsIn } from "./objects.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const documents = ["README.md", "docs/istio.md", "docs/migration.md"];

/** The fenced blocks of one language, with their places. */
function blocksOf(language: string): { place: string; text: string }[] {
  return documents.flatMap((document) => {
    const whole = readFileSync(root + document, "utf8");
    const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
    return [...whole.matchAll(pattern)].map(({ index, 1: text = "" }) => ({
      place: `${document}, line ${whole.slice(0, index).split("\n").length}`,
      text,
    }));
  });
}

const commands = blocksOf("sh").flatMap(({ place, text }) =>
  text.split("\n").flatMap((line) => (line.startsWith("npx lightspan ") ? [{ place, text: line }] : [])),
);
const objects = blocksOf("yaml").filter(({ text }) => text.startsWith("apiVersion:"));
/** Envoy Gateway's, which istioctl does not know. */
const policies = objects.filter(({ text }) => text.startsWith("apiVersion: gateway.envoyproxy.io/"));
const manifests = objects.filter((block) => !policies.includes(block));
// README.md's block is part of Envoy's own configuration; tests/envoy validates it.
const envoy = blocksOf("yaml").find(({ text }) => text.startsWith("http_filters:"));

test("there are commands and manifests in the documents", () => {
  assert.ok(commands.length >= 4);
  assert.ok(manifests.length >= 4);
  assert.equal(policies.length, 1);
  assert.ok(envoy);
});

for (const { place, text } of commands) {
  test(`${text} (${place}) does what it should`, async (t) => {
    const folder = mkdtempSync(`${tmpdir()}/lightspan-docs-`);
    t.after(() => rmSync(folder, { recursive: true }));
    const script = text.replace("npx lightspan", `exec "${process.execPath}" "${root}cli/lightspan.mjs"`);
    writeFileSync(join(folder, "envoy.yaml"), envoy?.text ?? "");
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const file = join(folder, "lightspan", "lightspan.yaml");
    const yaml = existsSync(file) ? readFileSync(file, "utf8") : stdout;
    if (yaml.includes("apiVersion:")) assert.deepEqual(await complaints(yaml), []);
  });
}

for (const { place, text } of manifests) {
  test(`istioctl accepts the manifest in ${place}`, async () => {
    assert.ok(objectsIn(text).length > 0);
    assert.deepEqual(await complaints(text), []);
  });
}

for (const { place, text } of policies) {
  test(`the module accepts the configuration in the policy in ${place}`, () => {
    const [policy] = objectsIn(text);
    const { wasm } = policy?.spec as { wasm: { config: object }[] };
    assert.equal(wasm.length, 1);
    for (const { config } of wasm) {
      const configuration = Buffer.from(JSON.stringify(config));
      assert.deepEqual(tryConfiguration(Uint8Array.from(readModule()), configuration, {}), {
        accepted: true,
        lines: [],
      });
    }
  });
}
