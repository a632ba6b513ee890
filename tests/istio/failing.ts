// A module that fails: it lets its first request continue and traps at the second, as a module with a bug would.
import { writeFileSync } from "node:fs";
import binaryen from "binaryen";

const text = `(module
  (memory (export "memory") 1)
  (global $requests (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $requests (i32.add (global.get $requests) (i32.const 1)))
    (if (i32.gt_s (global.get $requests) (i32.const 1)) (then (unreachable)))
    (i32.const 0)))`;

/** Writes the module to `path`. */
export function writeFailingModule(path: string): void {
  const module = binaryen.parseText(text);
  writeFileSync(path, module.emitBinary());
  module.dispose();
}
