// Draws charts with Vega: docs/benchmark.svg, whose content chart.ts defines, and any other specification.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../results.ts";
import { chartOf } from "./chart.ts";

const output = fileURLToPath(new URL("../../docs/benchmark.svg", import.meta.url));

/** The parts of Vega that are used here. */
interface Vega {
  parse(specification: object): unknown;
  View: new (runtime: unknown, options: { renderer: "none" }) => { toSVG(): Promise<string> };
}

/** A specification's chart as SVG; undefined if Vega is not installed. */
export async function svgOf(specification: object): Promise<string | undefined> {
  // Not imported by a literal name: everything else must run and compile without it.
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

/** Draws docs/benchmark.svg. Returns the reason, in one line, if Vega is not installed. */
export async function drawPicture(results: Results): Promise<string | undefined> {
  const svg = await svgOf(chartOf(results));
  if (svg === undefined) return "docs/ has the tables. No picture: Vega is not installed (npm install vega).";
  writeFileSync(output, svg);
  return undefined;
}
