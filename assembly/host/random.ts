// Randomness of the operating system, through WASI.
import { addressCell } from "./memory";
import { random_get } from "./wasi_snapshot_preview1";

/** 64 random bits; 0 if the host has none to give. */
export function randomU64(): u64 {
  return random_get(addressCell, 8) === 0 ? load<u64>(addressCell) : 0;
}
