// The VM's environment variables, from Envoy's vm_config.environment_variables. For configuration only.
import { allocate } from "../bytes/arena";
import { over, startsWith, text } from "../bytes/slice";
import { addressCell, sizeCell } from "./memory";
import { environ_get, environ_sizes_get } from "./wasi_snapshot_preview1";

/** The value of the variable `name`, or "" if the VM has none. */
export function readEnvironment(name: string): string {
  if (environ_sizes_get(addressCell, sizeCell) !== 0) return "";
  let count = load<u32>(addressCell);
  let list = allocate(<usize>count * 4);
  let size = load<u32>(sizeCell);
  let texts = allocate(size);
  if (environ_get(list, texts) !== 0) return "";
  let wanted = text(name + "=");
  for (let i: u32 = 0; i < count; i++) {
    let at = <usize>load<u32>(list + <usize>i * 4);
    let end = at;
    while (end < texts + size && load<u8>(end) !== 0) end++;
    let variable = over(at, <u32>(end - at));
    if (startsWith(variable, wanted)) return String.UTF8.decodeUnsafe(at + wanted.size, end - at - wanted.size);
  }
  return "";
}
