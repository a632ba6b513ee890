// The small parts of which trees and tables are drawn.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { drawBar } from "../../../../satellite/terminal/bar.ts";
import { formatDuration } from "../../../../satellite/duration.ts";
import { drawTable, PLAIN } from "../../../../satellite/terminal/table.ts";
import { terminalStyle } from "../../../../satellite/terminal/style.ts";

describe("formatDuration", () => {
  for (const [micros, text] of [
    [0, "0µs"],
    [840, "840µs"],
    [999, "999µs"],
    [1_000, "1.00ms"],
    [9_994, "9.99ms"],
    [9_995, "10.0ms"],
    [12_345, "12.3ms"],
    [99_950, "100ms"],
    [250_000, "250ms"],
    [999_499, "999ms"],
    [999_500, "1.00s"],
    [1_260_000, "1.26s"],
    [75_000_000, "75.0s"],
    [3_600_000_000, "3600s"],
  ] as const) {
    it(`writes ${micros} microseconds as ${text}`, () => assert.equal(formatDuration(micros), text));
  }
});

describe("drawBar", () => {
  for (const [from, to, text] of [
    [0, 1, "████"],
    [0, 0.5, "██"],
    [0.5, 1, "  ██"],
    [0, 0.59375, "██▍"],
    [0, 0, "▏"],
    [1, 1, "   ▏"],
    [0.7, 0.70001, "  ▏"],
    [0.99, 1, "   ▏"],
  ] as const) {
    it(`draws ${from} to ${to} of four cells as "${text}"`, () => assert.equal(drawBar(from, to, 4), text));
  }
});

describe("drawTable", () => {
  const columns = [{ title: "name" }, { title: "n", right: true }, { title: "note" }];

  it("aligns by the widest cell, the title included, in characters", () => {
    const rows = [
      [{ text: "é" }, { text: "1" }, { text: "x" }],
      [{ text: "𝒳y" }, { text: "1000" }, { text: "" }],
    ];
    assert.equal(drawTable(columns, rows, PLAIN), "name     n  note\né        1  x\n𝒳y    1000");
  });

  it("leaves out a column that is empty in each row", () => {
    assert.equal(drawTable(columns, [[{ text: "a" }, { text: "" }, { text: "b" }]], PLAIN), "name  note\na     b");
  });
});

describe("terminalStyle", () => {
  const terminal = { isTTY: true, columns: 100 };
  it("colours in a terminal, at its width", () =>
    assert.deepEqual(terminalStyle(terminal, {}), { colour: true, width: 100 }));
  it("obeys NO_COLOR", () => assert.equal(terminalStyle(terminal, { NO_COLOR: "1" }).colour, false));
  it("takes an empty NO_COLOR for unset", () => assert.equal(terminalStyle(terminal, { NO_COLOR: "" }).colour, true));
  it("takes a terminal of unknown width for 80 columns", () =>
    assert.equal(terminalStyle({ isTTY: true, columns: 0 }, {}).width, 80));
  it("neither colours nor cuts what is not a terminal", () => assert.deepEqual(terminalStyle({}, {}), PLAIN));
});
