// `npm run test:istio` on a machine without Go.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../istio/main.ts", import.meta.url));

test("without Go the tests against Istio are skipped, and one line says why", (t) => {
  const empty = mkdtempSync(join(tmpdir(), "lightspan-without-go-"));
  t.after(() => rmSync(empty, { recursive: true }));
  const env = { PATH: empty, LIGHTSPAN_CACHE: join(empty, "cache") };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", main], { env, encoding: "utf8" });
  assert.equal(stdout, "The tests against Istio are skipped: Go is missing; install Go 1.26 or newer.\n");
  assert.equal(stderr, "");
  assert.equal(status, 0);
});
