// The VM's environment variables, as Envoy's vm_config.environment_variables gives them. Only at configuration.
import { allocate } from "../bytes/arena";
import { addressCell, sizeCell } from "./memory";
import { environ_get, environ_sizes_get } from "./wasi_snapshot_preview1";

/** The value of the variable `name`, or "" if the VM has none. */
export function readEnvironment(name: string): string {
  if (environ_sizes_get(addressCell, sizeCell) !== 0) return "";
  let count = load<u32>(addressCell);
  let list = allocate(<usize>count * 4);
  if (environ_get(list, allocate(load<u32>(sizeCell))) !== 0) return "";
  for (let i: u32 = 0; i < count; i++) {
    let variable = String.UTF8.decodeUnsafe(load<u32>(list + <usize>i * 4), -1, true);
    if (variable.startsWith(name + "=")) return variable.substring(name.length + 1);
  }
  return "";
}
