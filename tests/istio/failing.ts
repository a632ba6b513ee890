// A module that fails, as one with a bug would: it traps at a request with many headers, and lets every other one continue.
// So a test decides which request it fails on, whatever else passes through the same proxy meanwhile.
import { writeFileSync } from "node:fs";
import binaryen from "binaryen";

/** The module traps if a request has more headers. A request in a mesh has some twenty. */
const MAX_HEADERS = 50;

/** Headers that make the module fail. */
export const fatalHeaders = Object.fromEntries(Array.from({ length: MAX_HEADERS }, (_, i) => [`x-fatal-${i}`, "1"]));

const text = `(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.gt_s (local.get 1) (i32.const ${MAX_HEADERS})) (then (unreachable)))
    (i32.const 0)))`;

/** Writes the module to `path`. */
export function writeFailingModule(path: string): void {
  const module = binaryen.parseText(text);
  writeFileSync(path, module.emitBinary());
  module.dispose();
}
