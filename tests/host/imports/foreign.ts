// Functions that Envoy offers by name (source/extensions/common/wasm/foreign.cc). Of these there is one here.
import { deflateSync } from "node:zlib";
import type { HostFunction } from "../link.ts";
import { INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

export function foreignImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  return {
    proxy_call_foreign_function(name = 0, nameSize = 0, at = 0, size = 0, addressCell = 0, sizeCell = 0) {
      if (!guest.holds(name, nameSize) || !guest.holds(at, size)) return INVALID_MEMORY_ACCESS;
      if (guest.latin1(name, nameSize) !== "compress") return NOT_FOUND;
      // zlib's own form, at its usual level: so Envoy does.
      guest.hand(deflateSync(guest.copy(at, size)), addressCell, sizeCell);
      return OK;
    },
  };
}
