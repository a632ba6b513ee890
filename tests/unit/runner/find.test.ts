// The order of the places searched for an Envoy. Every program here is a script; nothing is downloaded.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { EnvoyNotFound, findEnvoy, unsupported, versionOf } from "../../../runner/find.ts";
import { environment, folder, program, versionLine } from "./programs.ts";

const platform = `${process.platform}-${process.arch}`;
const noLog = (): void => undefined;

test("ENVOY_BIN is preferred to an envoy on the PATH", async (t) => {
  const root = folder(t);
  const chosen = program(join(root, "chosen"), "exit 1");
  program(join(root, "bin", "envoy"), `echo "${versionLine("1.40.0")}"`);
  const env = { ...environment(root, join(root, "bin")), ENVOY_BIN: chosen };
  assert.equal(await findEnvoy(noLog, env), chosen);
});

test("an ENVOY_BIN that cannot be executed is an error that names it", async (t) => {
  const root = folder(t);
  const broken = program(join(root, "not-executable"), "exit 0", 0o644);
  for (const path of [broken, join(root, "missing"), root]) {
    await assert.rejects(findEnvoy(noLog, { ...environment(root), ENVOY_BIN: path }), (error: Error) => {
      assert.ok(error instanceof EnvoyNotFound);
      assert.match(error.message, /^ENVOY_BIN names /);
      assert.ok(error.message.includes(path));
      return true;
    });
  }
});

test("an empty ENVOY_BIN counts as unset", async (t) => {
  const root = folder(t);
  const envoy = program(join(root, "bin", "envoy"), `echo "${versionLine("1.36.2")}"`);
  assert.equal(await findEnvoy(noLog, { ...environment(root, join(root, "bin")), ENVOY_BIN: "" }), envoy);
});

test("an envoy on the PATH with a supported version is preferred to the wheel", async (t) => {
  const root = folder(t);
  const envoy = program(join(root, "bin", "envoy"), `echo "${versionLine("1.38.3")}"`);
  program(join(root, `envoy-1.40.0-${platform}`, "envoy"), "exit 0");
  assert.equal(await findEnvoy(noLog, environment(root, join(root, "bin"))), envoy);
});

test("an envoy on the PATH that is too old is skipped, with the reason", async (t) => {
  const root = folder(t);
  const old = program(join(root, "bin", "envoy"), `echo "${versionLine("1.35.9")}"`);
  const cached = program(join(root, `envoy-1.40.0-${platform}`, "envoy"), "exit 0");
  const log: string[] = [];
  assert.equal(await findEnvoy((line) => log.push(line), environment(root, join(root, "bin"))), cached);
  assert.deepEqual(log, [`passing over ${old}: it is 1.35.9, and Lightspan supports 1.36 to 1.40`]);
});

test("an envoy on the PATH without the V8 runtime is skipped, with the reason", async (t) => {
  const root = folder(t);
  const refusal =
    "Failed to create Wasm VM using envoy.wasm.runtime.v8 runtime. Envoy was compiled without support for it";
  const script = `[ "$1" = --version ] && echo "${versionLine("1.38.3")}" || { echo "${refusal}" >&2; exit 1; }`;
  program(join(root, "bin", "envoy"), script);
  const cached = program(join(root, `envoy-1.40.0-${platform}`, "envoy"), "exit 0");
  const log: string[] = [];
  assert.equal(await findEnvoy((line) => log.push(line), environment(root, join(root, "bin"))), cached);
  assert.match(log.join(), /it is 1\.38\.3, but built without the V8 Wasm runtime/);
});

test("an envoy on the PATH that does not run is skipped", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "envoy"), "exit 3");
  const cached = program(join(root, `envoy-1.40.0-${platform}`, "envoy"), "exit 0");
  const log: string[] = [];
  assert.equal(await findEnvoy((line) => log.push(line), environment(root, join(root, "bin"))), cached);
  assert.match(log.join(), /it does not tell its version/);
});

test("if there is no Envoy, the message suggests setting ENVOY_BIN", async (t) => {
  const root = folder(t);
  const env = { ...environment(root), PATH: join(root, "empty") };
  await assert.rejects(findEnvoy(noLog, env), (error: Error) => {
    assert.ok(error instanceof EnvoyNotFound);
    assert.match(error.message, /no Python 3 with pip on the PATH/);
    assert.match(error.message, /set ENVOY_BIN/);
    return true;
  });
});

test("the version is read from Envoy's output, with or without a distributor's prefix", () => {
  assert.equal(versionOf(versionLine("1.40.0")), "1.40.0");
  assert.equal(versionOf("envoy  version: 0/1.37.2-dev/Modified/DEBUG/BoringSSL-FIPS"), "1.37.2");
  assert.equal(versionOf("command not found"), undefined);
});

test("only 1.36 to 1.40 are supported", () => {
  const verdicts = ["1.35.0", "1.36.0", "1.40.9", "1.41.0", "2.38.0"].map((version) => unsupported(version));
  assert.deepEqual(
    verdicts.map((reason) => reason === undefined),
    [false, true, true, false, false],
  );
  assert.ok(unsupported(undefined));
});
