// Scratch memory that lives as long as one callback: what the host hands over, and what is composed from it.
// It knows no owner and frees nothing singly: reset() at the entry of a callback forgets all of it. That is safe
// because the host enters the module again, while a callback is on the stack, for nothing but an allocation.

const CAPACITY: usize = 32768;
const base: usize = heap.alloc(CAPACITY);
let used: usize = 0;

// A block that does not fit stands alone: [next block: usize, padding to 16][bytes ...].
const HEADER: usize = 16;
let overflow: usize = 0;

/** `size` bytes, 8-aligned and not cleared, valid until the next reset(). Never 0. */
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

/** Forgets everything allocated so far. */
export function reset(): void {
  used = 0;
  while (overflow !== 0) {
    let next = load<usize>(overflow);
    heap.free(overflow);
    overflow = next;
  }
}
