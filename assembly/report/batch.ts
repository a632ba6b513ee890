// Encoded spans on their way: one growing block for each report, in the order in which they were made. It knows bytes and
// counts, no wire format and no collector. Bounded: when the bytes are used up, the oldest whole batch goes.
import { Slice } from "../bytes/slice";

/** [next: Batch][capacity u32][size u32][spans u32][bytes ...] */
@unmanaged
export class Batch {
  next: usize;
  capacity: u32;
  /** Bytes in use, the report's head included. */
  size: u32;
  spans: u32;

  get bytes(): usize {
    return changetype<usize>(this) + offsetof<Batch>();
  }
}

const FIRST_CAPACITY: u32 = 16384;
const NO_BATCH: usize = 0;

export class BatchQueue {
  // Addresses of batches; 0 = none. Sealed ones hang together, oldest first, from `first`.
  private open: usize = NO_BATCH;
  private first: usize = NO_BATCH;
  private last: usize = NO_BATCH;
  /** The sealed batch that is under way may not go when room is needed. */
  private firstIsBusy: bool = false;
  /** Bytes of all batches, open and sealed. */
  private bytes: u32 = 0;
  /** Spans that gave way to newer ones since takeEvicted(). */
  private evicted: u32 = 0;

  /** `head` begins every report; `maxBytes` bounds all batches together; a batch is sealed at `sealBytes`. */
  constructor(
    private head: Slice,
    private maxBytes: u32,
    private sealBytes: u32,
    private sealSpans: u32,
  ) {}

  get isEmpty(): bool {
    return this.open === NO_BATCH && this.first === NO_BATCH;
  }

  /**
   * Room for one span of at most `size` bytes at the end of the open batch, or 0 if there is none to be had. Write from
   * there and give the end to commit().
   */
  reserve(size: u32): usize {
    // What no batch could make room for must not cost those that wait. In 64 bits: a sum must not wrap.
    let head = this.open === NO_BATCH ? this.head.size : 0;
    if (<u64>size + head + this.fixedBytes > this.maxBytes) return 0;
    let needed = size + head;
    while (<u64>this.bytes + needed > this.maxBytes) if (!this.evict()) return 0;
    if (this.open === NO_BATCH) this.begin(needed);
    let batch = changetype<Batch>(this.open);
    if (batch.size + size > batch.capacity) batch = this.grow(batch, batch.size + size);
    return batch.bytes + batch.size;
  }

  /** Takes over the span that ends at `end`; true if the batch is full and wants to be sealed. */
  commit(end: usize): bool {
    let batch = changetype<Batch>(this.open);
    let size = <u32>(end - batch.bytes);
    this.bytes += size - batch.size;
    batch.size = size;
    batch.spans++;
    return batch.spans >= this.sealSpans || size >= this.sealBytes;
  }

  /** Closes the open batch, if there is one: it waits to be sent. */
  seal(): void {
    if (this.open === NO_BATCH) return;
    let open = changetype<Batch>(this.open);
    // What it does not need goes back: maxBytes is about memory, and small batches are many while a collector is away.
    open.capacity = open.size;
    let batch = heap.realloc(this.open, offsetof<Batch>() + open.size);
    this.open = NO_BATCH;
    if (this.last === NO_BATCH) this.first = batch;
    else changetype<Batch>(this.last).next = batch;
    this.last = batch;
  }

  /** The oldest sealed batch, or null. */
  peek(): Batch | null {
    return this.first === NO_BATCH ? null : changetype<Batch>(this.first);
  }

  /** Says that the oldest sealed batch is under way: it stays until remove(). */
  hold(): void {
    this.firstIsBusy = true;
  }

  /** Removes the oldest sealed batch; the number of spans in it. */
  remove(): u32 {
    if (this.first === NO_BATCH) return 0;
    let batch = changetype<Batch>(this.first);
    this.first = batch.next;
    if (this.first === NO_BATCH) this.last = NO_BATCH;
    this.firstIsBusy = false;
    return this.release(batch);
  }

  /** How many spans gave way to newer ones since the last call. */
  takeEvicted(): u32 {
    let evicted = this.evicted;
    this.evicted = 0;
    return evicted;
  }

  /** Bytes of the batches that cannot be evicted: the open one and the one under way. */
  private get fixedBytes(): u32 {
    let open = this.open === NO_BATCH ? 0 : changetype<Batch>(this.open).size;
    return open + (this.firstIsBusy ? changetype<Batch>(this.first).size : 0);
  }

  private release(batch: Batch): u32 {
    let spans = batch.spans;
    this.bytes -= batch.size;
    heap.free(changetype<usize>(batch));
    return spans;
  }

  private begin(needed: u32): void {
    let capacity = max(FIRST_CAPACITY, needed);
    let batch = changetype<Batch>(heap.alloc(offsetof<Batch>() + capacity));
    batch.next = NO_BATCH;
    batch.capacity = capacity;
    batch.spans = 0;
    batch.size = this.head.size;
    memory.copy(batch.bytes, this.head.at, this.head.size);
    this.bytes += batch.size;
    this.open = changetype<usize>(batch);
  }

  private grow(batch: Batch, needed: u32): Batch {
    let capacity = max(batch.capacity * 2, needed);
    let grown = changetype<Batch>(heap.realloc(changetype<usize>(batch), offsetof<Batch>() + capacity));
    grown.capacity = capacity;
    this.open = changetype<usize>(grown);
    return grown;
  }

  /** Drops the oldest batch that waits; false if none does. */
  private evict(): bool {
    if (this.first === NO_BATCH) return false;
    if (!this.firstIsBusy) {
      this.evicted += this.remove();
      return true;
    }
    let busy = changetype<Batch>(this.first);
    if (busy.next === NO_BATCH) return false;
    let oldest = changetype<Batch>(busy.next);
    busy.next = oldest.next;
    if (busy.next === NO_BATCH) this.last = this.first;
    this.evicted += this.release(oldest);
    return true;
  }
}
