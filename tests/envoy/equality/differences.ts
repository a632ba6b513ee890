// The unavoidable differences: the table in docs/tags.md, read as data. A listed difference must occur exactly as
// described there, and any other difference is a fault.
import { readFileSync } from "node:fs";
import type { Difference } from "./compare.ts";
import { codeOf, tableBelow } from "./markdown.ts";

const document = readFileSync(new URL("../../../docs/tags.md", import.meta.url), "utf8");

/** A row of the table, for one case. */
interface Row extends Difference {
  case: string;
}

/** A value in backticks stands for itself (`{ab×3}` in it means `ababab`); the word absent means no value. */
function valueOf(cell: string, row: string[]): string | undefined {
  const value = codeOf(cell);
  if (value === undefined && cell !== "absent") throw new Error(`neither \`a value\` nor absent: ${row.join(" | ")}`);
  return value?.replace(/\{(.+?)×(\d+)\}/g, (_all, text: string, times: string) => text.repeat(Number(times)));
}

/** All rows; a row that names several cases, separated by semicolons, counts for each. */
export const rows: Row[] = tableBelow(document, "Differences from Envoy's tracer").flatMap((row) => {
  const [cases = "", tag = "", envoy = "", lightspan = ""] = row;
  return cases.split("; ").map((name) => ({
    case: name,
    tag: codeOf(tag) ?? tag,
    envoy: valueOf(envoy, row),
    lightspan: valueOf(lightspan, row),
  }));
});

function show({ tag, envoy, lightspan }: Difference): string {
  return `${tag}: Envoy ${JSON.stringify(envoy) ?? "absent"}, Lightspan ${JSON.stringify(lightspan) ?? "absent"}`;
}

/** What is wrong with the differences of one case, one line each. */
export function judge(name: string, found: Difference[]): string[] {
  const described = rows.filter((row) => row.case === name);
  const matches = (difference: Difference, row: Row): boolean =>
    row.tag === difference.tag && row.envoy === difference.envoy && row.lightspan === difference.lightspan;
  return [
    ...found
      .filter((difference) => !described.some((row) => matches(difference, row)))
      .map((difference) => `differs, and docs/tags.md does not say so: ${show(difference)}`),
    ...described
      .filter((row) => !found.some((difference) => matches(difference, row)))
      .map((row) => `does not differ as docs/tags.md says: ${show(row)}`),
  ];
}
