// The module built here or shipped with the package.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../build/lightspan.wasm", import.meta.url));

/** Reads lightspan.wasm. */
export function readModule() {
  if (existsSync(path)) return readFileSync(path);
  console.error(`${path} is not there; npm run build makes it.`);
  process.exit(1);
}
