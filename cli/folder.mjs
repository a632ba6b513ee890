// The folder that --out names, made if it is not there.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./istio/refusal.mjs";

/** Makes `folder`, and `inside` within it. Throws Refusal. @param {string} folder @param {string[]} inside */
export function makeFolder(folder, ...inside) {
  if (folder === "") throw new Refusal("--out", folder, "a folder");
  try {
    mkdirSync(join(folder, ...inside), { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal("--out", folder, `a folder that can be written (${reason})`);
  }
}
