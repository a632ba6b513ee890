// The tables of a Markdown document, as our own documents use them: one under each heading, a row per line.

/** The rows of the first table below `## heading`, without header and rule, each a list of cells. */
export function tableBelow(document: string, heading: string): string[][] {
  const lines = document.split("\n");
  const start = lines.indexOf(`## ${heading}`);
  if (start < 0) throw new Error(`no heading "## ${heading}"`);
  const first = lines.findIndex((line, index) => index > start && line.startsWith("|"));
  const next = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  if (first < 0 || (next >= 0 && first > next)) throw new Error(`no table below "## ${heading}"`);
  const end = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  return lines.slice(first + 2, end < 0 ? lines.length : end).map(cellsOf);
}

/** A bar inside a cell is written `\|`. */
function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The text in backticks; undefined if the cell is not all code. */
export function codeOf(cell: string): string | undefined {
  return /^`([^`]*)`$/.exec(cell)?.[1];
}
