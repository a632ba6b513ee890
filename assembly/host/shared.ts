// Data that all VMs with the same `vm_id` share in this Envoy process, such as those of its workers. It outlives a VM that fails.
import { proxy_get_shared_data, proxy_set_shared_data } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { DENIED, OK } from "./status";

const versionCell: usize = memory.data(4, 4);

/** A denial is for good, and Envoy would log each further try. */
let isDenied: bool = false;

/** Points `into` at the value under `key` and returns its version, which is never 0. Without a value, 0 and empty. */
export function readShared(key: Slice, into: Slice): u32 {
  into.clear();
  if (isDenied) return 0;
  let status = proxy_get_shared_data(key.at, key.size, addressCell, sizeCell, versionCell);
  isDenied = status === DENIED;
  if (status !== OK) return 0;
  takeResult(into);
  return load<u32>(versionCell);
}

/** Sets the value under `key` if it still has this `version`; if `version` is 0, in any case. The host's status. */
export function writeShared(key: Slice, value: usize, size: u32, version: u32): u32 {
  if (isDenied) return DENIED;
  let status = proxy_set_shared_data(key.at, key.size, value, size, version);
  isDenied = status === DENIED;
  return status;
}
