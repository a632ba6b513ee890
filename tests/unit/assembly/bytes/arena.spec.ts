import { allocate, reset } from "../../../../assembly/bytes/arena";
import { below, startChance } from "../chance";

/** The arena's capacity; a block that doesn't fit gets memory of its own. */
const CAPACITY: usize = 32768;

const addresses = new StaticArray<usize>(2000);
const sizes = new StaticArray<usize>(2000);

/**
 * Allocates `count` blocks of up to `limit` bytes, fills each with its number, and lists those overwritten by others.
 */
function overwritten(count: i32, limit: u32): string {
  for (let i = 0; i < count; i++) {
    let size = <usize>below(limit);
    let at = allocate(size);
    memory.fill(at, <u8>i, size);
    addresses[i] = at;
    sizes[i] = size;
  }
  let wrong = "";
  for (let i = 0; i < count; i++) {
    for (let j: usize = 0; j < sizes[i]; j++) {
      if (load<u8>(addresses[i] + j) === <u8>i) continue;
      wrong += i.toString() + " ";
      break;
    }
  }
  return wrong;
}

describe("the arena", () => {
  it("aligns every block to 8 bytes, whatever came before", () => {
    reset();
    let wrong = "";
    for (let size: usize = 0; size < 100; size++) if ((allocate(size) & 7) !== 0) wrong += size.toString() + " ";
    expect(wrong).toBe("");
  });

  it("also aligns blocks beyond its end", () => {
    reset();
    for (let size: usize = CAPACITY; size < CAPACITY + 20; size++) expect(allocate(size) & 7).toBe(0);
  });

  it("never returns 0, not even for no bytes", () => {
    reset();
    expect(allocate(0)).not.toBe(0);
    allocate(CAPACITY);
    expect(allocate(0)).not.toBe(0);
  });

  it("keeps small blocks apart", () => {
    reset();
    startChance(3);
    expect(overwritten(300, 100)).toBe("");
  });

  it("keeps blocks that fit apart from blocks that do not", () => {
    reset();
    startChance(4);
    expect(overwritten(200, 70000)).toBe("");
  });

  it("uses its last byte before it allocates more", () => {
    reset();
    let first = allocate(CAPACITY - 8);
    let last = allocate(8);
    expect(last).toBe(first + CAPACITY - 8);
    let beyond = allocate(8);
    expect(beyond < first || beyond >= first + CAPACITY).toBe(true);
  });

  it("still fits small blocks after one that did not fit", () => {
    reset();
    let first = allocate(8);
    allocate(CAPACITY);
    expect(allocate(8)).toBe(first + 8);
  });

  it("starts again at its beginning after a reset", () => {
    reset();
    let first = allocate(100);
    allocate(1000);
    allocate(CAPACITY * 3);
    reset();
    expect(allocate(100)).toBe(first);
  });

  it("allocates a block much larger than itself", () => {
    reset();
    startChance(5);
    let at = allocate(1000000);
    memory.fill(at, 0x5a, 1000000);
    expect(overwritten(50, 2000)).toBe("");
    expect(load<u8>(at)).toBe(0x5a);
    expect(load<u8>(at + 999999)).toBe(0x5a);
  });

  it("frees every block beyond its end at a reset, so that memory stays flat", () => {
    reset();
    for (let i = 0; i < 100; i++) allocate(40000);
    reset();
    let pages = memory.size();
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 100; i++) allocate(40000);
      reset();
    }
    expect(memory.size()).toBe(pages);
  });

  it("can be reset twice, and when nothing was allocated", () => {
    reset();
    let first = allocate(8);
    allocate(CAPACITY * 2);
    reset();
    reset();
    expect(allocate(8)).toBe(first);
  });
});
