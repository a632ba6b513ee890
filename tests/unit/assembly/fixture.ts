// The text of tests/fixtures/propagation.txt, as as-pect.config.js hands it in.

/** Its size in bytes. */
export declare function size(): u32;
/** Writes it at `at`, where that many bytes are free. */
export declare function copy(at: usize): void;

export function fixtureText(): string {
  let bytes = size();
  let at = heap.alloc(bytes);
  copy(at);
  return String.UTF8.decodeUnsafe(at, bytes);
}
