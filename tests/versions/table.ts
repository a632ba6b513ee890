// The table of docs/compatibility.md: a row for each release of the wheel. Knows its place and its format; the test
// finds out what belongs in the cells.
import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url));

/** Whether to fill the table instead of comparing it: `LIGHTSPAN_WRITE_DOCS=1 npm run test:versions`. */
export const filling = process.env.LIGHTSPAN_WRITE_DOCS === "1";

/** The cells after the version. */
export type Table = Map<string, string[]>;

const row = /^\| \d+\.\d+\.\d+ +\|.*\n/gm;

/** The current table. */
export function readTable(): Table {
  const rows = readFileSync(path, "utf8").match(row) ?? [];
  const cells = rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(cells.map(([version = "", ...rest]) => [version, rest]));
}

/** Replaces all rows with these. */
export async function writeTable(table: Table): Promise<void> {
  const rows = [...table].map(([version, cells]) => `| ${[version, ...cells].join(" | ")} |\n`).join("");
  let place = 0;
  const text = readFileSync(path, "utf8").replace(row, () => (place++ === 0 ? rows : ""));
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
