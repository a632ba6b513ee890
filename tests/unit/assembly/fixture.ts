// The text of tests/fixtures/propagation.txt, passed in by as-pect.config.js.

/** Its size in bytes. */
export declare function size(): u32;
/** Writes it at `at`, which must have room for that many bytes. */
export declare function copy(at: usize): void;

export function fixtureText(): string {
  let bytes = size();
  let at = heap.alloc(bytes);
  copy(at);
  return String.UTF8.decodeUnsafe(at, bytes);
}
