// The configurations that the documents show. (Other JSON is fenced as text or jsonc.)
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const documents = ["README.md", ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)];

export interface Block {
  place: string;
  json: string;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(root + document, "utf8");
  return [...text.matchAll(/^( *)```json\n(.*?)^\1```$/gms)].map(({ index, 2: json = "" }) => ({
    place: `${document}, line ${text.slice(0, index).split("\n").length}`,
    json,
  }));
}

/** Every fenced block of JSON in README.md and docs/, in order. */
export const blocks = documents.filter((name) => name.endsWith(".md")).flatMap(blocksOf);

/** The variables that they name. */
export const environment = { LIGHTSTEP_ACCESS_TOKEN: "a token of the tests" };
