// The operating system's randomness, through WASI.
import { random_get } from "./wasi_snapshot_preview1";

/** Fills `size` bytes at `at` with random ones. False, and the bytes unchanged, if the host refuses. */
export function fillRandom(at: usize, size: u32): bool {
  return random_get(at, size) === 0;
}
