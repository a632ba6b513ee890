// docs/istio.md and docs/migration.md name flags, keys and clusters that exist.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { choicesOf, flags } from "../../../cli/istio/choices.mjs";

interface Schema {
  properties?: Record<string, Schema>;
}

const root = new URL("../../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("assembly/config/lightspan.schema.json", root), "utf8")) as Schema;
const read = (name: string): string => readFileSync(new URL(`docs/${name}`, root), "utf8");

/** The rows of all tables, as cells. A bar within code is escaped. */
function rowsOf(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => /^\| /.test(line) && !/^\| -/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("\\|", "|")));
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

function keysOf({ properties = {} }: Schema, path = ""): string[] {
  return Object.entries(properties).flatMap(([key, child]) => [path + key, ...keysOf(child, `${path}${key}.`)]);
}

test("the clusters of collectors are those that the command prints", () => {
  const rows = rowsOf(read("istio.md")).filter(([, cluster]) => cluster?.startsWith("`outbound|"));
  assert.ok(rows.length >= 5);
  for (const [collector = "", cluster = ""] of rows) {
    const args = codeIn(collector).join(" ").split(" ");
    const choices = choicesOf(["--collector", ...args, "--token-secret", "s"], () => Buffer.alloc(0));
    assert.equal(choices.collector.cluster, codeIn(cluster)[0], collector);
  }
});

for (const name of ["istio.md", "migration.md"]) {
  test(`every flag of our command in ${name} exists`, () => {
    const known = [...Object.keys(flags), "tag", "out", "help"];
    const named = codeIn(read(name).replace(/```.*?```/gs, ""))
      .filter((code) => code.startsWith("--"))
      .flatMap((code) => code.split(" ").filter((word) => word.startsWith("--")));
    assert.ok(named.length > 5);
    for (const flag of named) assert.ok(known.includes(flag.slice(2)), flag);
  });
}

test("every key that replaces an old setting exists", () => {
  const keys = keysOf(schema);
  const sections = Object.keys(schema.properties ?? {});
  const named = rowsOf(read("migration.md"))
    .flatMap(([, replacement = ""]) => codeIn(replacement))
    .filter((code) => sections.includes(code.split(".")[0] ?? "") && code.includes("."));
  assert.ok(named.length > 20);
  for (const key of named) assert.ok(keys.includes(key), key);
});
