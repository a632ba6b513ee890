// The tables of a Markdown document, as far as our own documents use them: one below a heading of its own, a row a line.

/** The rows of the first table below `## heading`, header and rule left out, each a list of cells. */
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

/** What stands in backticks, or undefined for a cell that is not all code. */
export function codeOf(cell: string): string | undefined {
  return /^`([^`]*)`$/.exec(cell)?.[1];
}
