// The common style of the documents' Vega charts. The colours have medium brightness, to be readable on white and on
// black; the background is transparent.
export const INK = "#7d8590";
export const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** A chart's Vega title, `offset` pixels above the drawing. */
export function titleOf(text: string, subtitle: string | string[], offset: number): object {
  return {
    text,
    subtitle,
    anchor: "start",
    frame: "group",
    offset,
    font: FONT,
    fontSize: 15,
    color: INK,
    subtitleFont: FONT,
    subtitleFontSize: 11,
    subtitleColor: INK,
    subtitlePadding: 4,
  };
}
