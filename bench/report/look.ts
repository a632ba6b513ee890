// What the pictures that Vega draws for the documents have in common. Colours are of a middle brightness, so that they can be read
// on white and on black; the background is whatever is behind it.
export const INK = "#7d8590";
export const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** Vega's title of a picture, `offset` pixels above what is drawn. */
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
