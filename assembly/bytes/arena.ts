// Scratch memory for one callback: what the host returns and what is built from it. Blocks are never freed one by one;
// reset() at the start of a callback drops them all. That is safe because, while a callback is on the stack, the host
// enters the module again only to allocate.

const CAPACITY: usize = 32768;
const base: usize = heap.alloc(CAPACITY);
let used: usize = 0;

// A block that doesn't fit gets memory of its own: [next block: usize, padding to 16][bytes ...].
const HEADER: usize = 16;
let overflow: usize = 0;

/** Allocates `size` bytes, 8-aligned and not cleared, valid until the next reset(). Never 0. */
export function allocate(size: usize): usize {
  let rounded = (size + 7) & ~7;
  if (rounded <= CAPACITY - used) {
    let at = base + used;
    used += rounded;
    return at;
  }
  let block = heap.alloc(HEADER + size);
  store<usize>(block, overflow);
  overflow = block;
  return block + HEADER;
}

/** Drops everything allocated so far. */
export function reset(): void {
  used = 0;
  while (overflow !== 0) {
    let next = load<usize>(overflow);
    heap.free(overflow);
    overflow = next;
  }
}
