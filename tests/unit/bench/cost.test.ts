// The cost of a variant is what it adds to the variant without tracing for the same requests, in undisturbed rounds.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hollow, mainVariants, NATIVE, NO_TRACING } from "../../../bench/envoys/variant.ts";
import { Rows } from "../../../bench/sections/cost.ts";

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
  /** Twenty rounds of `cpu`; those in `disturbed` took half as long again. */
  const rounds = (cpu: number, ...disturbed: number[]): number[] =>
    Array.from({ length: 20 }, (_, round) => (disturbed.includes(round) ? cpu * 1.5 : cpu));
  const unsampled = variants.find(({ name }) => name === "unsampled");
  assert.ok(unsampled);

  it("is what it adds, also as a part of what native OpenTelemetry adds", () => {
    const rows = measured({ none: rounds(50), [NATIVE.name]: rounds(90), empty: rounds(60) });
    const { cpu, added, ofNative } = rows.cost(empty);
    assert.deepEqual(cpu, { median: 60, low: 60, high: 60 });
    assert.deepEqual(added, { value: 10, low: 10, high: 10 });
    assert.deepEqual(ofNative, { value: 0.25, low: 0.25, high: 0.25 });
  });

  it("excludes disturbances in some of its rounds, or in the others'", () => {
    const rows = measured({
      none: rounds(50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
      [NATIVE.name]: rounds(90, 0, 1),
      empty: rounds(60, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    });
    assert.equal(rows.cost(empty).added?.value, 10);
    assert.equal(rows.cost(empty).ofNative?.value, 0.25);
  });

  it("is as uncertain as its rounds differ", () => {
    const rows = measured({
      none: rounds(50),
      [NATIVE.name]: rounds(90),
      empty: Array.from({ length: 20 }, (_, round) => 60 + round),
    });
    const { added, ofNative } = rows.cost(empty);
    assert.ok(added && added.low < added.value && added.value < added.high, JSON.stringify(added));
    assert.ok(ofNative && ofNative.low < ofNative.value && ofNative.value < ofNative.high, JSON.stringify(ofNative));
  });

  it("excludes the headers of requests that bring some", () => {
    const rows = measured({ "none-b3": rounds(55), unsampled: rounds(63) });
    assert.equal(rows.cost(unsampled).added?.value, 8);
  });

  it("has no comparison if native OpenTelemetry was not measured", () => {
    assert.equal(measured({ none: rounds(50), empty: rounds(60) }).cost(empty).ofNative, null);
  });

  it("is empty for a variant without tracing", () => {
    const { added, ofNative } = measured({ none: rounds(50), [NATIVE.name]: rounds(90) }).cost(NO_TRACING);
    assert.deepEqual([added, ofNative], [null, null]);
  });
});

describe("the variants", () => {
  it("each have a base with the same requests and no tracing", () => {
    for (const { name, base, headers } of variants) {
      if (base === null) continue;
      const found = variants.find((other) => other.name === base);
      assert.ok(found, `${name}: ${base} is measured`);
      assert.deepEqual([found.base, found.wasm, found.connectionManager], [null, undefined, undefined], name);
      assert.deepEqual(found.headers, headers, name);
    }
  });
});
