// Draws pictures with Vega: docs/benchmark.svg, of which chart.ts says what is in it, and whatever else is given as a specification.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../results.ts";
import { chartOf } from "./chart.ts";

const output = fileURLToPath(new URL("../../docs/benchmark.svg", import.meta.url));

/** As much of Vega as is used here. */
interface Vega {
  parse(specification: object): unknown;
  View: new (runtime: unknown, options: { renderer: "none" }) => { toSVG(): Promise<string> };
}

/** The picture of a specification as SVG; undefined if Vega is not installed. */
export async function svgOf(specification: object): Promise<string | undefined> {
  // Not by its name: everything else has to run, and to compile, without it.
  const name = "vega";
  let vega: Vega;
  try {
    vega = (await import(name)) as Vega;
  } catch {
    return undefined;
  }
  const view = new vega.View(vega.parse(specification), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

/** Draws docs/benchmark.svg; gives back why not, in one line, if Vega is not installed. */
export async function drawPicture(results: Results): Promise<string | undefined> {
  const svg = await svgOf(chartOf(results));
  if (svg === undefined) return "docs/ has the tables. No picture: Vega is not installed (npm install vega).";
  writeFileSync(output, svg);
  return undefined;
}
