// docs/delivery.md has a table of the tests for each fault: all of these tests exist.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tableBelow } from "../../envoy/equality/markdown.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const files = ["faults/faults", "delivery/answers", "delivery/changes"].map((name) => `tests/envoy/${name}.test.ts`);
const sources = [...files, "tests/unit/module/vm/walk.test.ts"].map(read).join("\n");

test("the tests that docs/delivery.md names for each fault exist", () => {
  const rows = tableBelow(read("docs/delivery.md"), "Every fault, tested");
  assert.ok(rows.length > 15);
  for (const [fault, names = ""] of rows)
    for (const name of names.split("; "))
      assert.ok(
        ['"', "`"].some((quote) => sources.includes(quote + name)),
        `${fault}: there is no test "${name}"`,
      );
});
