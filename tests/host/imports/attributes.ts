// Attributes to read, and filter state to write.
import type { HostFunction } from "../link.ts";
import { NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

export function attributeImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  return {
    proxy_get_property(path = 0, pathSize = 0, addressCell = 0, sizeCell = 0) {
      const value = vm.property(guest.latin1(path, pathSize));
      if (value === undefined) return NOT_FOUND;
      guest.hand(value, addressCell, sizeCell);
      return OK;
    },
    proxy_set_property(path = 0, pathSize = 0, value = 0, valueSize = 0) {
      const context = vm.context;
      if (context.isRoot) return NOT_FOUND;
      context.filterState.set(guest.latin1(path, pathSize), guest.latin1(value, valueSize));
      return OK;
    },
  };
}
