// A table as terminal text and as Markdown. The first column holds words, the others numbers.

export interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

/** With columns aligned by spaces. */
export function asText({ title, head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("   ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("───");
  return [title, rule, line(head), rule, ...rows.map(line)].join("\n");
}

/** The table below its title; Prettier aligns it. */
export function asMarkdown({ title, head, rows }: Table): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(head.map((_, column) => (column === 0 ? "---" : "--:")));
  return [...(title === "" ? [] : [`**${title}**`, ""]), line(head), rule, ...rows.map(line)].join("\n");
}
