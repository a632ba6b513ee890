// Draws bars of block characters, accurate to an eighth of a cell, on a line of a fixed number of cells.

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar from `from` to `to` (fractions of the line, 0 to 1) on `cells` cells; always at least an eighth of a cell. */
export function drawBar(from: number, to: number, cells: number): string {
  // Blocks fill a cell from the left only, so the start is rounded. The length is not: people compare lengths.
  const first = Math.min(Math.floor(from * cells), cells - 1);
  const eighths = Math.max(1, Math.round((to - from) * cells * 8));
  return " ".repeat(first) + "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
