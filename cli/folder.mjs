// The folder named by --out.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./refusal.mjs";

/**
 * Creates `folder`, and `inside` within it, unless it exists. Throws Refusal.
 * @param {string} folder
 * @param {string[]} inside
 */
export function makeFolder(folder, ...inside) {
  if (folder === "") throw new Refusal("--out", folder, "a folder");
  try {
    mkdirSync(join(folder, ...inside), { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal("--out", folder, `a folder that can be written (${reason})`);
  }
}
