// Data that all VMs with one `vm_id` share in this Envoy process, its workers' VMs among them. It outlives a VM that fails.
import { proxy_get_shared_data, proxy_set_shared_data } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { OK } from "./status";

const versionCell: usize = heap.alloc(4);

/** The version of the value under `key`, never 0, and the value in `into`; 0, and empty, if there is none. */
export function readShared(key: Slice, into: Slice): u32 {
  into.clear();
  if (proxy_get_shared_data(key.at, key.size, addressCell, sizeCell, versionCell) !== OK) return 0;
  takeResult(into);
  return load<u32>(versionCell);
}

/** Sets the value under `key` if it still has this version, in any case if `version` is 0; the host's status. */
export function writeShared(key: Slice, value: usize, size: u32, version: u32): u32 {
  return proxy_set_shared_data(key.at, key.size, value, size, version);
}
