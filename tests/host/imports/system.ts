// Log, time, randomness and environment.
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, OK } from "../status.ts";
import { LEVELS, type Vm } from "../vm.ts";

export function systemImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  const environment = Object.entries(vm.environment).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  return {
    proxy_log(level = 0, at = 0, size = 0) {
      const name = LEVELS[level];
      if (name === undefined) return BAD_ARGUMENT;
      if (!guest.holds(at, size)) return INVALID_MEMORY_ACCESS;
      vm.logs.push({ level: name, text: guest.utf8(at, size) });
      return OK;
    },
    proxy_get_current_time_nanoseconds(cell = 0) {
      guest.setU64(cell, BigInt(Math.round(vm.now * 1000)) * 1000n);
      return OK;
    },
    random_get(at = 0, size = 0) {
      if (!guest.holds(at, size)) return INVALID_MEMORY_ACCESS;
      for (let i = 0; i < size; i++) guest.bytes[(at >>> 0) + i] = vm.random.next() & 255;
      return OK;
    },
    environ_sizes_get(countCell = 0, sizeCell = 0) {
      guest.setU32(countCell, environment.length);
      guest.setU32(sizeCell, Buffer.concat(environment).length);
      return OK;
    },
    environ_get(list = 0, at = 0) {
      environment.forEach((variable, index) => {
        guest.setU32(list + 4 * index, at);
        guest.bytes.set(variable, at >>> 0);
        at += variable.length;
      });
      return OK;
    },
  };
}
