// Draws aligned columns, in colour or not, within the given width if it can. Knows nothing of spans. The text came over
// the network, so no control character in it reaches the terminal.

/** Whether to use colour, and how many cells a line may take. */
export interface Style {
  colour: boolean;
  width: number;
}

/** For a file, a pipe or a test: no colour and no width limit. */
export const PLAIN: Style = { colour: false, width: Number.POSITIVE_INFINITY };

const INKS = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Ink = keyof typeof INKS;

export interface Cell {
  text: string;
  ink?: Ink;
}

/** `give` says how a column makes room in lines that are too wide: first `drop` columns go, then `cut` ones shrink. */
export interface Column {
  title: string;
  right?: boolean;
  give?: "drop" | "cut";
}

/** Returns lines without a final newline. Leaves out columns that are empty in every row. */
export function drawTable(columns: Column[], rows: Cell[][], style: Style): string {
  const filled = columns
    .map((column, index) => measure(column, index, rows))
    .filter(({ index }) => rows.some((row) => row[index]?.text));
  const fitting = fit(filled, style.width);
  const header = columns.map(({ title }): Cell => ({ text: title, ink: "dim" }));
  return [header, ...rows].map((row) => drawRow(row, fitting, style.colour)).join("\n");
}

interface Measured {
  column: Column;
  index: number;
  width: number;
}

const GAP = "  ";
const NARROWEST_CUT = 16;

function measure(column: Column, index: number, rows: Cell[][]): Measured {
  const widths = rows.map((row) => cells(row[index]?.text ?? "").length);
  // Math.max(...widths) would fail: a trace may have more rows than a call can have arguments.
  const width = widths.reduce((widest, next) => Math.max(widest, next), column.title.length);
  return { column, index, width };
}

function fit(columns: Measured[], width: number): Measured[] {
  if (excess(columns, width) <= 0) return columns;
  const kept = columns.filter(({ column }) => column.give !== "drop");
  return kept.map((measured) => {
    if (measured.column.give !== "cut") return measured;
    const wanted = measured.width - Math.max(0, excess(kept, width));
    return { ...measured, width: Math.min(measured.width, Math.max(wanted, NARROWEST_CUT)) };
  });
}

function excess(columns: Measured[], width: number): number {
  const gaps = GAP.length * (columns.length - 1);
  return columns.reduce((sum, column) => sum + column.width, gaps) - width;
}

function drawRow(row: Cell[], columns: Measured[], colour: boolean): string {
  const drawn = columns.map(({ column, index, width }) => {
    const { text, ink } = row[index] ?? { text: "" };
    const shown = cut(cells(text), width);
    const padding = " ".repeat(width - shown.length);
    const inked = colour && ink && shown.length > 0 ? `\x1b[${INKS[ink]}m${shown.join("")}\x1b[0m` : shown.join("");
    return column.right ? padding + inked : inked + padding;
  });
  return drawn.join(GAP).trimEnd();
}

/** One string per cell. Replaces control, format and line-separator characters by the replacement character. */
function cells(text: string): string[] {
  return [...text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd")];
}

function cut(characters: string[], width: number): string[] {
  return characters.length <= width ? characters : [...characters.slice(0, width - 1), "…"];
}
