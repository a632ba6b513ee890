// Functions that Envoy offers by name (source/extensions/common/wasm/foreign.cc): compression, and expressions, of which those
// are understood here that list attributes.
import { deflateSync } from "node:zlib";
import { HeaderMap } from "../headers.ts";
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, INTERNAL_FAILURE, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

/** `[a.b,c.d]` */
const LIST = /^\[(\w+(?:\.\w+)+(?:,\w+(?:\.\w+)+)*)\]$/;

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function foreignImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;

  function compile(expression: string, addressCell: number, sizeCell: number): number {
    const paths = LIST.exec(expression)?.[1]?.split(",");
    if (paths === undefined) return BAD_ARGUMENT;
    const expressions = vm.context.root.expressions;
    expressions.push(paths.map((path) => path.replaceAll(".", "\0")));
    guest.hand(u32(expressions.length - 1), addressCell, sizeCell);
    return OK;
  }

  function evaluate(token: Uint8Array, addressCell: number, sizeCell: number): number {
    if (token.length !== 4) return BAD_ARGUMENT;
    const paths = vm.context.root.expressions[new DataView(token.buffer).getUint32(0, true)];
    if (paths === undefined) return NOT_FOUND;
    const values = paths.map((path) => vm.property(path));
    // To CEL, an absent attribute is an error, and so is what has it for a part.
    if (values.includes(undefined)) return INTERNAL_FAILURE;
    const pairs = HeaderMap.from(values.map((value) => [value ?? "", ""] as const));
    guest.handPairs(pairs, addressCell, sizeCell);
    return OK;
  }

  return {
    proxy_call_foreign_function(name = 0, nameSize = 0, at = 0, size = 0, addressCell = 0, sizeCell = 0) {
      if (!guest.holds(name, nameSize) || !guest.holds(at, size)) return INVALID_MEMORY_ACCESS;
      switch (guest.latin1(name, nameSize)) {
        case "compress":
          // zlib's own form, at its usual level: so Envoy does.
          guest.hand(deflateSync(guest.copy(at, size)), addressCell, sizeCell);
          return OK;
        case "expr_create":
          return compile(guest.latin1(at, size), addressCell, sizeCell);
        case "expr_evaluate":
          return evaluate(guest.copy(at, size), addressCell, sizeCell);
        default:
          return NOT_FOUND;
      }
    },
  };
}
