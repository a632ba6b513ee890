// docs/place.md shows the filters that write the headers exactly as the tests run them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { headerFilters } from "../../../runner/config/filter.ts";

test("the filters of place.md are those that the tests run", () => {
  const text = readFileSync(new URL("../../../docs/place.md", import.meta.url), "utf8");
  const [, block = ""] = /```yaml\n([^]*?)```/.exec(text) ?? [];
  const { http_filters } = parse(block) as { http_filters: unknown[] };
  assert.deepEqual(http_filters.slice(1), headerFilters());
});
