import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { drawVersions, latencyByVersion } from "../../../../satellite/terminal/versions.ts";
import type { Span } from "../../../../satellite/store/traces.ts";
import { span } from "./bookinfo.ts";

const timed = (version: string | null, durations: number[], changes: Partial<Span> = {}) =>
  durations.map((durationMicros) => span("01", null, 0, { version, durationMicros, ...changes }));
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe("latencyByVersion", () => {
  it("groups by version, v2 before v10", () => {
    const { rows } = latencyByVersion(
      [...timed("v10", [3]), ...timed("v2", [1, 2]), ...timed(null, [4])],
      "reviews.default",
    );
    assert.deepEqual(
      rows.map((row) => [row.version, row.count]),
      [
        [null, 1],
        ["v2", 2],
        ["v10", 1],
      ],
    );
  });

  it("counts server spans of that service only", () => {
    const spans = [
      ...timed("v1", [1]),
      ...timed("v1", [2], { kind: "client" }),
      ...timed("v1", [3], { service: "ratings.default" }),
    ];
    assert.deepEqual(latencyByVersion(spans, "reviews.default"), {
      rows: [{ version: "v1", count: 1, medianMicros: 1, p99Micros: 1, errors: 0 }],
      keptSpans: 0,
    });
  });

  it("leaves out kept spans, and counts those of that service's servers", () => {
    const spans = [
      ...timed("v1", [1]),
      ...timed("v1", [900], { kept: "slow" }),
      ...timed("v2", [2], { kept: "error", error: true }),
      ...timed("v1", [900], { kept: "slow", kind: "client" }),
    ];
    assert.deepEqual(latencyByVersion(spans, "reviews.default"), {
      rows: [{ version: "v1", count: 1, medianMicros: 1, p99Micros: 1, errors: 0 }],
      keptSpans: 2,
    });
  });

  for (const [count, median, p99] of [
    [1, 1, 1],
    [2, 1, 2],
    [3, 2, 3],
    [99, 50, 99],
    [100, 50, 99],
    [101, 51, 100],
    [1000, 500, 990],
  ] as const) {
    it(`takes median ${median} and p99 ${p99} of 1 to ${count} by nearest rank, in any order`, () => {
      const [row] = latencyByVersion(timed("v1", upTo(count).reverse()), "reviews.default").rows;
      assert.deepEqual([row?.medianMicros, row?.p99Micros], [median, p99]);
    });
  }

  it("counts errors", () => {
    const spans = [...timed("v1", [1, 2]), ...timed("v1", [3], { error: true })];
    assert.equal(latencyByVersion(spans, "reviews.default").rows[0]?.errors, 1);
  });

  it("has no rows without spans", () =>
    assert.deepEqual(latencyByVersion([], "reviews.default"), { rows: [], keptSpans: 0 }));
});

describe("drawVersions", () => {
  const spans = [
    ...timed("v1", [8_100, 9_250, 12_400]),
    ...timed("v2", [10_000, 10_500, 310_000], { error: true }),
    ...timed("v3", [1_200_000, 1_260_000, 1_310_000]),
  ];
  const versions = latencyByVersion(spans, "reviews.default");

  it("draws an aligned table whose bars show the slow version", () => {
    assert.equal(
      drawVersions(versions),
      `
version  count  median     p99  errors
v1           3  9.25ms  12.4ms       0  ▏
v2           3  10.5ms   310ms       3  ▎
v3           3   1.26s   1.31s       0  ████████████████████████
`.trim(),
    );
  });

  it("leaves the bars out where they do not fit", () => {
    assert.ok(!drawVersions(versions, { colour: false, width: 60 }).includes("█"));
  });

  it("draws only the slow version in red", () => {
    const red = drawVersions(versions, { colour: true, width: 80 })
      .split("\n")
      .map((line) => line.includes("\x1b[31m█"));
    assert.deepEqual(red, [false, false, false, true]);
  });

  it("draws nothing in red when no version is slow", () => {
    const even = latencyByVersion([...timed("v1", [100]), ...timed("v2", [199])], "reviews.default");
    assert.ok(!drawVersions(even, { colour: true, width: 80 }).includes("\x1b[31m"));
  });

  it("names spans without a version", () => {
    assert.match(
      drawVersions(latencyByVersion(timed(null, [0]), "reviews.default")),
      /\n\(none\) +1 +0µs +0µs +0 {2}▏$/,
    );
  });

  it("says that there are no spans", () => assert.equal(drawVersions({ rows: [], keptSpans: 0 }), "no server spans"));

  it("says in a line below how many kept spans it leaves out", () => {
    const line = "left out, because their traces were not sampled: 3";
    assert.equal(drawVersions({ ...versions, keptSpans: 3 }), `${drawVersions(versions)}\n${line}`);
    assert.equal(drawVersions({ rows: [], keptSpans: 3 }), `no server spans\n${line}`);
  });
});
