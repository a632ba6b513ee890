// Draws the picture for the README with Vega. What is in it, chart.ts says.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../results.ts";
import { chartOf } from "./chart.ts";

const output = fileURLToPath(new URL("../../../docs/benchmark.svg", import.meta.url));

/** As much of Vega as is used here. */
interface Vega {
  parse(specification: object): unknown;
  View: new (runtime: unknown, options: { renderer: "none" }) => { toSVG(): Promise<string> };
}

/** Draws docs/benchmark.svg; gives back why not, in one line, if Vega is not installed. */
export async function drawPicture(results: Results): Promise<string | undefined> {
  // Not by its name: everything else has to run, and to compile, without it.
  const name = "vega";
  let vega: Vega;
  try {
    vega = (await import(name)) as Vega;
  } catch {
    return "docs/ has the tables. No picture: Vega is not installed (npm install vega).";
  }
  const view = new vega.View(vega.parse(chartOf(results)), { renderer: "none" });
  writeFileSync(output, `${await view.toSVG()}\n`);
  return undefined;
}
