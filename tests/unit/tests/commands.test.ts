// The commands that run tests: what they refuse, and what is left behind when they are interrupted.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { versions } from "../../nodes/node.ts";
import { eventually } from "../../wait.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

for (const [args, line] of [
  [[], /^usage: node tests\/run\.mjs \[unit\] \[envoy\] \[FILE…\]/],
  [["unit", "tests/nothing.test.ts"], /^npm run test:unit: there is no test tests\/nothing\.test\.ts; /],
] as const) {
  test(`tests/run.mjs ${args.join(" ")}: fails with a line that says what is allowed`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["tests/run.mjs", ...args], {
      cwd: root,
      encoding: "utf8",
    });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, line);
    assert.equal(stderr.trim().split("\n").length, 1);
  });
}

/** test:nodes copies what git would commit, and runs these tests in the copy, where there is no git. */
const skip = !existsSync(join(root, ".git")) && "not in a clone";

test(
  "an interrupt of npm run test:nodes ends what it runs and removes its copy of the sources",
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "lightspan-interrupt-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const temporary = join(folder, "tmp");
    const bin = join(folder, "cache", `node-${versions[24]?.version}-${process.platform}-${process.arch}`, "bin");
    for (const each of [temporary, bin]) mkdirSync(each, { recursive: true });
    symlinkSync(process.execPath, join(bin, "node"));
    const npm = join(folder, "npm-cli.js");
    writeFileSync(
      npm,
      `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "began"))}, ""); setInterval(() => {}, 1000);`,
    );
    const env = { ...process.env, TMPDIR: temporary, LIGHTSPAN_CACHE: join(folder, "cache"), npm_execpath: npm };
    const main = join(root, "tests/nodes/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", main, "24"], { cwd: root, env, stdio: "ignore" });
    t.after(() => child.kill("SIGKILL"));
    const ended = once(child, "exit");
    await eventually("npm to run", () => existsSync(join(folder, "began")), Boolean);
    child.kill("SIGINT");
    assert.deepEqual(await ended, [130, null]);
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith("lightspan-nodes-")),
      [],
    );
  },
);
