// What a variant costs is what it adds to the one without tracing that got the same requests in the same round.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hollow, mainVariants, NATIVE, NO_TRACING, NO_TRACING_OF_UNSAMPLED } from "../../bench/envoys/variant.ts";
import { Rows } from "../../bench/sections/cost.ts";

const modules = { lightspan: "lightspan.wasm", empty: "empty.wasm", minimal: "minimal.wasm" };
const variants = mainVariants(modules);

/** Rows of samples, a number of microseconds for each round. */
function measured(samples: Record<string, number[]>): Rows {
  const rows = new Rows();
  for (const [name, cpus] of Object.entries(samples))
    for (const cpu of cpus) rows.add(name, { cpu, requests: 1, failures: 0, perSecond: 1, cores: 1 });
  return rows;
}

describe("the cost of a variant", () => {
  const empty = hollow("empty", "an empty module", modules.empty);
  const rows = measured({
    [NO_TRACING.name]: [50, 80, 60],
    [NO_TRACING_OF_UNSAMPLED.name]: [55, 85, 65],
    [NATIVE.name]: [90, 120, 100],
    [empty.name]: [55, 90, 70],
    unsampled: [63, 95, 73],
  });

  it("is the median of the differences in each round, and its part of what native OpenTelemetry adds", () => {
    const { added, ofNative } = rows.cost(empty);
    assert.equal(added?.median, 10);
    assert.equal(ofNative, 10 / 40);
  });

  it("of requests that bring headers is not that of the headers", () => {
    const unsampled = variants.find(({ name }) => name === "unsampled");
    assert.ok(unsampled);
    assert.equal(rows.cost(unsampled).added?.median, 8);
  });

  it("is none of its own for one without tracing", () => {
    assert.deepEqual([rows.cost(NO_TRACING).added, rows.cost(NO_TRACING).ofNative], [null, null]);
  });
});

describe("the variants", () => {
  it("have a base each that gets the same requests and no tracing", () => {
    for (const { name, base, headers } of variants) {
      if (base === null) continue;
      const found = variants.find((other) => other.name === base);
      assert.ok(found, `${name}: ${base} is measured`);
      assert.deepEqual([found.base, found.wasm, found.connectionManager], [null, undefined, undefined], name);
      assert.deepEqual(found.headers, headers, name);
    }
  });
});
