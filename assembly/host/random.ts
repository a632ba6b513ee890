// Randomness of the operating system, through WASI.
import { random_get } from "./wasi_snapshot_preview1";

/** Fills `size` bytes at `at` with random ones; false, and the bytes as they were, if the host has none to give. */
export function fillRandom(at: usize, size: u32): bool {
  return random_get(at, size) === 0;
}
