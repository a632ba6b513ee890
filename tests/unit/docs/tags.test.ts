// The table of tags in docs/tags.md against the vocabulary in assembly/span/names.ts: each name is in both, once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { codeOf, tableBelow } from "../../envoy/equality/markdown.ts";

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

const rows = tableBelow(read("docs/tags.md"), "Tags");
const documented = rows.map(([name = ""]) => codeOf(name) ?? name);
const written = [...read("assembly/span/names.ts").matchAll(/\btext\("([^"]+)"\)/g)].map(([, name = ""]) => name);

test("every tag that the code writes is documented", () => {
  assert.ok(written.length > 0, "no names found in assembly/span/names.ts");
  assert.deepEqual(
    written.filter((name) => !documented.includes(name)),
    [],
  );
});

test("the code writes every documented tag", () => {
  assert.deepEqual(
    documented.filter((name) => !written.includes(name)),
    [],
  );
});

test("no name is documented or written twice", () => {
  assert.equal(new Set(documented).size, documented.length);
  assert.equal(new Set(written).size, written.length);
});

test("every row says when, what and from where", () => {
  for (const row of rows) {
    assert.equal(row.length, 4, row.join(" | "));
    assert.ok(
      row.every((cell) => cell !== ""),
      row.join(" | "),
    );
  }
});
