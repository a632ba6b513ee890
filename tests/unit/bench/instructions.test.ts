// How --instructions and --change read a profile, and their tables.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NATIVE, NO_TRACING } from "../../../bench/envoys/variant.ts";
import { readCount, useCallgrind } from "../../../bench/instructions/callgrind.ts";
import { Problem } from "../../../bench/options.ts";
import { changeTable, instructionsTable } from "../../../bench/report/tables.ts";
import type { InstructionResults } from "../../../bench/results.ts";

describe("counting instructions", () => {
  it("reads the total of a profile, not those of its functions", () => {
    const profile =
      "# callgrind format\nversion: 1\nevents: Ir\nsummary: 680671015\n\nfn=(1) f\n0 216000\ntotals: 680930470\n";
    assert.equal(readCount(profile), 680671015);
  });

  it("says so if there is no total", () => {
    assert.throws(() => readCount("events: Ir\n"), Problem);
  });

  it("names the required tool if it is not installed", () => {
    assert.throws(() => useCallgrind("/usr/bin/envoy", { PATH: "" }), /wants valgrind/);
  });
});

describe("the table of instructions", () => {
  const row = (name: string, base: string | null, perRequest: number) => ({ name, label: name, base, perRequest });
  const cellsOf = (...rows: InstructionResults["rows"]) => instructionsTable({ rows } as InstructionResults).rows;

  it("has what a row adds to its base, also as a part of what native OpenTelemetry adds", () => {
    const rows = [row(NO_TRACING.name, null, 150_000), row("ours", NO_TRACING.name, 240_000)];
    assert.deepEqual(cellsOf(...rows, row(NATIVE.name, NO_TRACING.name, 300_000)), [
      [NO_TRACING.name, "150.0", "–", "–"],
      ["ours", "240.0", "90.0", "0.60 ×"],
      [NATIVE.name, "300.0", "150.0", "1.00 ×"],
    ]);
  });

  it("has no comparison if native OpenTelemetry is not in it", () => {
    assert.deepEqual(cellsOf(row(NO_TRACING.name, null, 150_000), row("ours", NO_TRACING.name, 240_000))[1], [
      "ours",
      "240.0",
      "90.0",
      "–",
    ]);
  });
});

describe("the table of a change", () => {
  it("has the cost of each kind of request before and after, and the signed difference", () => {
    const costs = {
      before: { recorded: 282_700, unsampled: 207_500 },
      after: { recorded: 280_700, unsampled: 208_000 },
    };
    assert.deepEqual(changeTable(costs).rows, [
      ["recorded", "282.7", "280.7", "−2.0"],
      ["unsampled", "207.5", "208.0", "+0.5"],
    ]);
  });
});
