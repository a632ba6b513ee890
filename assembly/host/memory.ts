// How the host hands data over: it asks malloc() for memory, fills it, and writes address and size into two cells.
import { allocate } from "../bytes/arena";
import { Slice } from "../bytes/slice";

/** The cells. Read them right after the call that fills them. */
export const addressCell: usize = memory.data(8, 8);
export const sizeCell: usize = memory.data(8, 8);

/** The host's allocator: scratch memory that lasts until the next callback. */
export function malloc(size: usize): usize {
  return allocate(size);
}

/** Points `into` at the data that the last call handed over. */
export function takeResult(into: Slice): void {
  into.set(load<usize>(addressCell), load<u32>(sizeCell));
}
