// The package as users without a clone get it: packed, installed into an empty folder, and run there.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../../runner/command.ts";
import { wasm } from "../envoy/ground.ts";
import { collectorUrl } from "./cluster.ts";
import { objectsIn } from "./objects.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The environment of a user without a clone: `npm run` adds variables, and an old npm that a package brings. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
environment.PATH = folders.join(delimiter);

test("from the packed package in an empty folder, both commands run", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-package-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const inFolder = async (...command: string[]): Promise<string> => {
    const script = 'cd "$1" && shift && exec "$@"';
    const { code, output } = await run("sh", ["-c", script, "sh", folder, ...command], environment);
    assert.equal(code, 0, output);
    return output;
  };
  // The module is already built; packing would rebuild it.
  await inFolder("npm", "pack", "--ignore-scripts", "--pack-destination", folder, root);
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(join(folder, "package.json"), "{}");
  await inFolder("npm", "install", "--no-audit", "--no-fund", `./${archive}`);

  const said = await inFolder("npx", "--no-install", "lightspan", "oci", "--out", "image");
  const sha256 = createHash("sha256").update(readFileSync(wasm)).digest("hex");
  assert.ok(said.includes(`module    sha256:${sha256}`), said);
  await inFolder("npx", "--no-install", "lightspan", "istio", "--collector", collectorUrl, "--out", "manifests");
  const kinds = objectsIn(readFileSync(join(folder, "manifests", "lightspan.yaml"), "utf8")).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["Telemetry", "ConfigMap", "EnvoyFilter"]);
});
