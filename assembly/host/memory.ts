// Where the host puts what it hands over: it asks malloc() for room, fills it, and writes address and size into two cells.
import { allocate } from "../bytes/arena";
import { Slice } from "../bytes/slice";

/** The cells. Their content is read right after the call that filled them. */
export const addressCell: usize = heap.alloc(8);
export const sizeCell: usize = heap.alloc(8);

/** The host's allocator: scratch memory until the next callback. */
export function malloc(size: usize): usize {
  return allocate(size);
}

/** Points `into` at what the last call handed over. */
export function takeResult(into: Slice): void {
  into.set(load<usize>(addressCell), load<u32>(sizeCell));
}
