// Stand-ins for other programs in tests: small scripts in a temporary folder that is removed after the test.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { TestContext } from "node:test";

/** A fresh folder for the test `t`. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "lightspan-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes a shell script to `path`; returns the path. */
export function program(path: string, script: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

/** The output of `envoy --version`. */
export function versionLine(version: string): string {
  return `envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/${version}/Clean/RELEASE/BoringSSL`;
}

/** An environment whose PATH has only these folders, and those of the shell itself. */
export function environment(cache: string, ...folders: string[]): Record<string, string> {
  return { PATH: [...folders, "/usr/bin", "/bin"].join(delimiter), HOME: cache, LIGHTSPAN_CACHE: cache };
}
