// The output of `lightspan` without a command, with a wrong command and with a wrong flag.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../cli/lightspan.mjs", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "lightspan-commands-"));
after(() => rmSync(root, { recursive: true }));
const inMesh = ["--collector", "http://satellite.observability.svc:8360"];
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
    [["istio", ...inMesh, "bookinfo"], /^lightspan istio: Unexpected argument 'bookinfo'.*\n$/],
    [["istio", ...inMesh, "--out", program], /^lightspan istio: --out: found ".*"; allowed: a folder .*\n$/],
    [["istio", ...inMesh, "--config", '{"smapling":{}}'], /^lightspan istio: --config: .*smapling.*\n$/],
    [
      ["istio", ...inMesh, "--config", '{"sampling":{"rate":7}}'],
      /^lightspan istio: --config: configuration refused: sampling\.rate: found 7; .*\n$/,
    ],
    [["oci", "--tag"], /^lightspan oci: Option '--tag <value>' argument missing.*\n$/],
    [["oci", "--tag", "a tag"], /^lightspan oci: --tag: found "a tag"; allowed: .*\n$/],
    [["oci", "--out="], /^lightspan oci: --out: found ""; allowed: a folder\n$/],
    [["oci", "--out", `${program}/image`], /^lightspan oci: --out: found ".*"; allowed: a folder .*\n$/],
  ] as const) {
    const { status, stderr } = lightspan(...args);
    assert.equal(status, 2);
    assert.match(stderr, line);
  }
});

test("istio --help lists every flag", () => {
  const { status, stdout } = lightspan("istio", "--help");
  assert.equal(status, 0);
  for (const flag of ["collector", "token-secret", "module", "sha256", "kind", "out"])
    assert.match(stdout, new RegExp(`--${flag} `));
});

test("a configuration that reads variables of the proxy is accepted, though they are not set here", () => {
  const config = JSON.stringify({ tags: { environment: { pod: "POD_NAME" } } });
  const { status, stderr } = lightspan("istio", ...inMesh, "--token-secret", "s", "--config", config);
  assert.equal(status, 0, stderr);
});

test("a mesh service that is named as if it were outside is pointed out", () => {
  const note = /^satellite\.observability is taken for a host outside the mesh; .*\n/;
  assert.match(lightspan("istio", "--collector", "http://satellite.observability:8360").stderr, note);
  assert.doesNotMatch(lightspan("istio", ...inMesh).stderr, /outside the mesh/);
});

test("if a pod that lacks something would cause trouble, the order is pointed out", () => {
  const flags = [...inMesh, "--module", "oci://registry.example/lightspan:1", "--token-secret", "s", "--kind"];
  assert.match(lightspan("istio", ...flags, "WasmPlugin").stderr, /^Pods first, then the WasmPlugin: .* 500/m);
  assert.doesNotMatch(lightspan("istio", ...flags, "EnvoyFilter").stderr, /Pods first/);
});

test("the folder of an earlier run keeps foreign files, but none of ours that these choices don't need", () => {
  const out = join(root, "a folder");
  const write = (...flags: string[]): string[] => {
    const { status, stderr } = lightspan("istio", ...inMesh, "--out", out, ...flags);
    assert.equal(status, 0, stderr);
    return readdirSync(out).sort();
  };
  const ours = ["istiod-values.yaml", "kustomization.yaml", "lightspan.yaml", "pod-patch.yaml"];
  assert.deepEqual(write(), ours);
  writeFileSync(join(out, "notes"), "");
  assert.deepEqual(write("--module", "oci://registry.example:5000/lightspan:1"), [
    "kustomization.yaml",
    "lightspan.yaml",
    "notes",
  ]);
});
