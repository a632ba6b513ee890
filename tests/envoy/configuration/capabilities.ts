// The capabilities of a VM, for tests that take some away. Knows what the module uses; refuses to know why.
import { readFileSync } from "node:fs";
import { wasm } from "../ground.ts";

const module = await WebAssembly.compile(readFileSync(wasm));
const used = [...WebAssembly.Module.imports(module), ...WebAssembly.Module.exports(module)].map(({ name }) => name);

/** Everything that the module uses except what is `denied`, for `capability_restriction_config`. */
export function allBut(...denied: string[]): string[] {
  const unknown = denied.filter((name) => !used.includes(name));
  if (unknown.length > 0) throw new Error(`the module does not use ${unknown.join(", ")}`);
  return used.filter((name) => !denied.includes(name));
}
