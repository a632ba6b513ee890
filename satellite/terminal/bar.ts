// Bars of block characters with eighths of a cell at their ends, on a line of a fixed number of cells.

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar from `from` to `to` (fractions of the whole, 0 to 1) on `cells` cells; never so short that it cannot be seen. */
export function drawBar(from: number, to: number, cells: number): string {
  // Blocks fill a cell from its left only. The beginning gives way to that, the length does not: it is what one compares.
  const first = Math.min(Math.floor(from * cells), cells - 1);
  const eighths = Math.max(1, Math.round((to - from) * cells * 8));
  return " ".repeat(first) + "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
