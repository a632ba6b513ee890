// Encoded spans on their way: one growing block per report, oldest first. Counts bytes and spans, leaves their meaning to the
// format, and knows no collector. Bounded: if the bytes are used up, the oldest waiting batch is dropped.
import { Format } from "./format";

/** [next: Batch][capacity u32][size u32][spans u32][tries u32][lost u32][bytes ...] */
@unmanaged
export class Batch {
  next: usize;
  capacity: u32;
  /** Bytes in use, including the report's head. */
  size: u32;
  spans: u32;
  /** How often it was sent. */
  tries: u32;
  /** The number of lost spans that this report states. */
  lost: u32;

  get bytes(): usize {
    return changetype<usize>(this) + offsetof<Batch>();
  }
}

const FIRST_CAPACITY: u32 = 16384;
const NO_BATCH: usize = 0;

export class BatchQueue {
  // Addresses of batches. The sealed ones are linked, from `first`, the oldest, to `last`.
  private open: usize = NO_BATCH;
  private first: usize = NO_BATCH;
  private last: usize = NO_BATCH;
  /** The oldest sealed batch is under way, and may not be dropped for room. */
  private firstIsBusy: bool = false;
  /** Bytes of all batches, open and sealed. */
  private bytes: u32 = 0;
  /** Spans dropped for newer ones since the last takeEvicted(). */
  private evicted: u32 = 0;
  /** Lost spans that no report states yet. */
  private unstatedLost: u32 = 0;

  /** A batch is sealed at this many bytes: `sealBytes`, or fewer after a collector found one too large. */
  private limit: u32;

  /** `maxBytes` bounds all batches together. A batch is sealed at `sealBytes` or `sealSpans`, whichever comes first. */
  constructor(
    private format: Format,
    private maxBytes: u32,
    private sealBytes: u32,
    private sealSpans: u32,
  ) {
    this.limit = sealBytes;
  }

  get isEmpty(): bool {
    return this.open === NO_BATCH && this.first === NO_BATCH;
  }

  /**
   * The address of `size` free bytes at the end of the open batch, or 0 if there can be none. Write the span there and pass
   * its end to commit(). An `expendable` span drops no other, and leaves three quarters of the bytes to those that are not.
   */
  reserve(size: u32, expendable: bool = false): usize {
    // A span that cannot fit must not cost the batches that wait. In 64 bits, so that the sum cannot wrap.
    let head = this.open === NO_BATCH ? this.format.head.size : 0;
    if (<u64>size + head + this.fixedBytes > this.maxBytes) return 0;
    let needed = size + head;
    if (expendable && <u64>this.bytes + needed > this.maxBytes / 4) return 0;
    while (<u64>this.bytes + needed > this.maxBytes) if (!this.evict()) return 0;
    if (this.open === NO_BATCH) this.begin(needed);
    let batch = changetype<Batch>(this.open);
    if (batch.size + size > batch.capacity) batch = this.grow(batch, batch.size + size);
    return batch.bytes + batch.size;
  }

  /** Takes over the span that ends at `end`. True if the batch is full: seal() should follow. */
  commit(end: usize): bool {
    let batch = changetype<Batch>(this.open);
    let size = <u32>(end - batch.bytes);
    this.bytes += size - batch.size;
    batch.size = size;
    batch.spans++;
    return batch.spans >= this.sealSpans || size >= this.limit;
  }

  /** Closes the open batch, if there is one. It waits to be sent as a whole report. */
  seal(): void {
    if (this.open === NO_BATCH) return;
    let batch = this.finish(changetype<Batch>(this.open));
    this.open = NO_BATCH;
    if (this.last === NO_BATCH) this.first = batch;
    else changetype<Batch>(this.last).next = batch;
    this.last = batch;
  }

  /** Spans were lost: the next report states how many, if its format can. */
  lose(spans: u32): void {
    this.unstatedLost += spans;
  }

  /**
   * Splits the oldest report, in its place, into two with half of its spans each. False if it has only one span. Each has its
   * own head, so `maxBytes` may be exceeded by one head until the next span.
   */
  split(): bool {
    let whole = changetype<Batch>(this.first);
    if (whole.spans < 2) return false;
    let half = whole.spans / 2;
    let middle = this.spansEnd(whole.bytes + this.format.head.size, half);
    let end = this.spansEnd(middle, whole.spans - half);
    let rest = this.allocate(this.format.head.size + <u32>(end - middle));
    memory.copy(rest.bytes + rest.size, middle, end - middle);
    rest.size += <u32>(end - middle);
    rest.spans = whole.spans - half;
    rest.next = whole.next;
    this.bytes -= whole.size;
    this.unstatedLost += whole.lost;
    whole.size = <u32>(middle - whole.bytes);
    whole.spans = half;
    whole.tries = 0;
    this.bytes += whole.size + rest.size;
    this.first = this.finish(whole);
    let second = this.finish(rest);
    changetype<Batch>(this.first).next = second;
    if (changetype<Batch>(second).next === NO_BATCH) this.last = second;
    this.firstIsBusy = false;
    return true;
  }

  /** The collector found a batch twice as large as the oldest one too large: later ones are sealed at the oldest's size. */
  learnLimit(): void {
    this.limit = min(this.limit, changetype<Batch>(this.first).size);
  }

  /** The collector took a batch: later ones may be a little larger again, up to `sealBytes`. */
  relaxLimit(): void {
    this.limit = min(this.sealBytes, this.limit + this.limit / 16 + 1);
  }

  /** The oldest sealed batch, or null. */
  peek(): Batch | null {
    return this.first === NO_BATCH ? null : changetype<Batch>(this.first);
  }

  /** The oldest sealed batch is under way: it stays until remove(), split() or keep(). */
  hold(): void {
    this.firstIsBusy = true;
  }

  /** The batch under way failed, and waits to be sent again. */
  keep(): void {
    this.firstIsBusy = false;
  }

  /** Removes the oldest sealed batch, whether a collector took it or it is lost; returns the number of its spans. */
  remove(isSent: bool): u32 {
    if (this.first === NO_BATCH) return 0;
    let batch = changetype<Batch>(this.first);
    this.first = batch.next;
    if (this.first === NO_BATCH) this.last = NO_BATCH;
    this.firstIsBusy = false;
    return this.release(batch, isSent);
  }

  /** The number of spans dropped for newer ones since the last call. */
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

  private release(batch: Batch, isSent: bool): u32 {
    let spans = batch.spans;
    if (!isSent) this.unstatedLost += batch.lost;
    this.bytes -= batch.size;
    heap.free(changetype<usize>(batch));
    return spans;
  }

  private begin(needed: u32): void {
    let batch = this.allocate(max(FIRST_CAPACITY, needed));
    this.bytes += batch.size;
    this.open = changetype<usize>(batch);
  }

  /** A batch that has only the head. */
  private allocate(capacity: u32): Batch {
    let batch = changetype<Batch>(heap.alloc(offsetof<Batch>() + capacity));
    let head = this.format.head;
    batch.next = NO_BATCH;
    batch.capacity = capacity;
    batch.size = head.size;
    batch.spans = 0;
    batch.tries = 0;
    memory.copy(batch.bytes, head.at, head.size);
    return batch;
  }

  /** Makes an unlinked batch a whole report and returns its new address. */
  private finish(batch: Batch): usize {
    // Returns unused memory: maxBytes bounds memory, and there are many small batches while a collector is away.
    let at = heap.realloc(changetype<usize>(batch), offsetof<Batch>() + batch.size + this.format.tailSize);
    batch = changetype<Batch>(at);
    batch.capacity = batch.size;
    batch.lost = this.unstatedLost;
    this.unstatedLost = 0;
    let size = <u32>(this.format.finish(batch.bytes, batch.bytes + batch.size, batch.lost) - batch.bytes);
    this.bytes += size - batch.size;
    batch.size = size;
    return at;
  }

  /** The address just past `spans` encoded spans. */
  private spansEnd(at: usize, spans: u32): usize {
    for (; spans > 0; spans--) at = this.format.spanEnd(at);
    return at;
  }

  private grow(batch: Batch, needed: u32): Batch {
    let capacity = max(batch.capacity * 2, needed);
    let grown = changetype<Batch>(heap.realloc(changetype<usize>(batch), offsetof<Batch>() + capacity));
    grown.capacity = capacity;
    this.open = changetype<usize>(grown);
    return grown;
  }

  /** Drops the oldest batch that is not under way; false if there is none. */
  private evict(): bool {
    if (this.first === NO_BATCH) return false;
    if (!this.firstIsBusy) {
      this.evicted += this.remove(false);
      return true;
    }
    let busy = changetype<Batch>(this.first);
    if (busy.next === NO_BATCH) return false;
    let oldest = changetype<Batch>(busy.next);
    busy.next = oldest.next;
    if (busy.next === NO_BATCH) this.last = this.first;
    this.evicted += this.release(oldest, false);
    return true;
  }
}
