// Data shared by the VMs that are given the same store.
import type { HostFunction } from "../link.ts";
import { CAS_MISMATCH, NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

export interface Shared {
  values: Map<string, { value: Uint8Array; version: number }>;
  versions: number;
}

export function newShared(): Shared {
  return { values: new Map(), versions: 0 };
}

export function sharedImports(vm: Vm): Record<string, HostFunction> {
  const { guest, shared } = vm;
  return {
    proxy_get_shared_data(key = 0, keySize = 0, addressCell = 0, sizeCell = 0, versionCell = 0) {
      const entry = shared.values.get(guest.latin1(key, keySize));
      if (entry === undefined) return NOT_FOUND;
      guest.hand(entry.value, addressCell, sizeCell);
      guest.setU32(versionCell, entry.version);
      return OK;
    },
    proxy_set_shared_data(key = 0, keySize = 0, value = 0, valueSize = 0, version = 0) {
      const name = guest.latin1(key, keySize);
      const entry = shared.values.get(name);
      // Version 0 skips the check.
      if (entry !== undefined && version !== 0 && entry.version !== version) return CAS_MISMATCH;
      shared.values.set(name, { value: guest.copy(value, valueSize), version: ++shared.versions });
      return OK;
    },
  };
}
