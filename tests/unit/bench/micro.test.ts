// The micro benchmark compiles what it measures. This fails if an interface that it uses in assembly/ changes.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compileHotPaths, type HotPath } from "../../../bench/micro/compile.ts";

describe("the hot paths", () => {
  let paths = new Map<string, HotPath>();
  before(async () => {
    paths = await compileHotPaths();
  });

  it("exist, and do their work as often as requested", () => {
    assert.ok(paths.size >= 10, [...paths.keys()].join(", "));
    for (const [name, path] of paths) assert.notEqual(path(3), 0, name);
  });

  it("encode as many bytes for two spans as for one, twice", () => {
    const encode = paths.get("encode_a_span");
    assert.equal(encode?.(2), 2 * (encode?.(1) ?? NaN));
  });
});
