// Memory that outlives a callback. The module's own names stay forever; the memory of a configuration stays as long as
// someone keeps its Region. Blocks are managed and chained to their Region, so the collector frees them together.

export class Region {
  next: Region | null = null;
}

const permanent: Region = new Region();
let current: Region = permanent;

/** Opens a Region. Everything retained from now on stays as long as it does. */
export function beginRegion(): Region {
  current = new Region();
  return current;
}

/** Allocates `size` bytes that stay as long as the current Region. */
export function retain(size: usize): usize {
  let block = changetype<Region>(__new(offsetof<Region>() + size, idof<Region>()));
  block.next = current.next;
  current.next = block;
  return changetype<usize>(block) + offsetof<Region>();
}
