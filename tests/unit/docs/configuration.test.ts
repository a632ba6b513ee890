// docs/configuration.md agrees with the schema, key by key; tests/unit/module compares the schema with the module.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Schema {
  type?: string;
  enum?: unknown[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
}

const root = new URL("../../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("assembly/config/lightspan.schema.json", root), "utf8")) as Schema;

/** The cells of one row: key, type with bounds, default, meaning. */
function rowOf(key: string, schema: Schema, isRequired: boolean): string[] {
  const kind = schema.enum === undefined ? (schema.type ?? "") : schema.enum.map((word) => `\`${word}\``).join(", ");
  const bounds = schema.maximum === undefined ? "" : ` ${schema.minimum}–${schema.maximum}`;
  const usual = schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
  return [
    `\`${key}\``,
    kind + bounds,
    isRequired ? "**required**" : usual,
    (schema.description ?? "").replaceAll("|", "\\|"),
  ];
}

function rowsOf(schema: Schema, path = ""): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const whole = path === "" ? key : `${path}.${key}`;
    const isRequired = schema.required?.includes(key) ?? false;
    return child.properties === undefined ? [rowOf(whole, child, isRequired)] : rowsOf(child, whole);
  });
}

test("the table of configuration keys matches the schema", () => {
  const text = readFileSync(new URL("docs/configuration.md", root), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  assert.deepEqual(rows, rowsOf(schema));
});
