// The OCI image of a module. tests/istio shows that Istio's agent accepts it from a registry.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { imageOf } from "../../../cli/istio/image.mjs";

const module = Buffer.from("a module, or so");
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

test("every blob of an image is under its own checksum, and the manifest names them all", () => {
  const { blobs, digest, manifest } = imageOf(module);
  for (const [name, bytes] of blobs) assert.equal(sha256(bytes), name);
  const { config, layers } = JSON.parse(manifest.toString()) as Record<string, { digest: string; size: number }[]>;
  const named = [config, layers].flat() as { digest: string; size: number }[];
  for (const { digest, size } of named) assert.equal(blobs.get(digest.slice("sha256:".length))?.length, size);
  assert.deepEqual([...blobs.keys()].sort(), [digest, ...named.map(({ digest }) => digest.slice(7))].sort());
});

test("the same module gives the same image at any time, another module another", (t) => {
  const first = imageOf(module).digest;
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 1_000_000_000 });
  assert.equal(imageOf(module).digest, first);
  assert.notEqual(imageOf(Buffer.from("another")).digest, first);
});
