// `lightspan` as a person meets it: what it says without a command, with a wrong one and with a wrong flag.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../bin/lightspan.mjs", import.meta.url));
const lightspan = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });

test("without a command, and with --help, it lists the commands", () => {
  for (const args of [[], ["--help"]]) {
    const { status, stderr } = lightspan(...args);
    assert.equal(status, 0);
    for (const command of ["istio", "oci"]) assert.match(stderr, new RegExp(`^ {2}lightspan ${command} `, "m"));
  }
});

test("an unknown command is named, and the list follows", () => {
  const { status, stderr } = lightspan("isto");
  assert.equal(status, 2);
  assert.match(stderr, /^lightspan: there is no command isto\n/);
  assert.match(stderr, /^ {2}lightspan istio /m);
});

test("a mistake is one line without a stack", () => {
  for (const [args, line] of [
    [["istio"], /^lightspan istio: --collector: is missing; .*\n$/],
    [["istio", "--colector", "x"], /^lightspan istio: Unknown option '--colector'.*\n$/],
    [["oci", "--tag"], /^lightspan oci: Option '--tag <value>' argument missing.*\n$/],
  ] as const) {
    const { status, stderr } = lightspan(...args);
    assert.equal(status, 2);
    assert.match(stderr, line);
  }
});

test("istio --help tells every flag", () => {
  const { status, stdout } = lightspan("istio", "--help");
  assert.equal(status, 0);
  for (const flag of ["collector", "token-secret", "module", "sha256", "kind", "out"])
    assert.match(stdout, new RegExp(`--${flag} `));
});
