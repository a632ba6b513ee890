// Encoded spans on their way: one growing block for each report, in the order in which they were made. It counts bytes and
// spans, leaves what they mean to the format, and knows no collector. Bounded: when the bytes are used up, the oldest whole batch
// goes.
import { Format } from "./format";

/** [next: Batch][capacity u32][size u32][spans u32][tries u32][told u32][bytes ...] */
@unmanaged
export class Batch {
  next: usize;
  capacity: u32;
  /** Bytes in use, the report's head included. */
  size: u32;
  spans: u32;
  /** How often it was sent. */
  tries: u32;
  /** The lost spans that it tells the collector of. */
  told: u32;

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
  /** Lost spans that no report has told of. */
  private untold: u32 = 0;

  /** A batch is sealed at so many bytes: `sealBytes`, or fewer after a collector found one too large. */
  private limit: u32;

  /** `maxBytes` bounds all batches together; a batch is sealed at `sealBytes` at the latest. */
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
   * Room for one span of at most `size` bytes at the end of the open batch, or 0 if there is none to be had. Write from
   * there and give the end to commit().
   */
  reserve(size: u32): usize {
    // What no batch could make room for must not cost those that wait. In 64 bits: a sum must not wrap.
    let head = this.open === NO_BATCH ? this.format.head.size : 0;
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
    return batch.spans >= this.sealSpans || size >= this.limit;
  }

  /** Closes the open batch, if there is one: it waits to be sent, a whole report. */
  seal(): void {
    if (this.open === NO_BATCH) return;
    let batch = this.finish(changetype<Batch>(this.open));
    this.open = NO_BATCH;
    if (this.last === NO_BATCH) this.first = batch;
    else changetype<Batch>(this.last).next = batch;
    this.last = batch;
  }

  /** Spans were lost: the next report tells of them, where its format can. */
  lose(spans: u32): void {
    this.untold += spans;
  }

  /**
   * Makes two reports of the oldest one, where it stands, each with half of its spans; false if it has only one. Each has a
   * head of its own, so `maxBytes` may be exceeded by one until the next span.
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
    this.untold += whole.told;
    whole.size = <u32>(middle - whole.bytes);
    whole.spans = half;
    whole.tries = 0;
    this.bytes += whole.size + rest.size;
    this.first = this.finish(whole);
    let behind = this.finish(rest);
    changetype<Batch>(this.first).next = behind;
    if (changetype<Batch>(behind).next === NO_BATCH) this.last = behind;
    this.firstIsBusy = false;
    return true;
  }

  /** The collector found a batch of twice this size too large: later ones are sealed at the size of the oldest one. */
  learnLimit(): void {
    this.limit = min(this.limit, changetype<Batch>(this.first).size);
  }

  /** It took one: later ones may be a little larger again, up to what was configured. */
  relaxLimit(): void {
    this.limit = min(this.sealBytes, this.limit + this.limit / 16 + 1);
  }

  /** The oldest sealed batch, or null. */
  peek(): Batch | null {
    return this.first === NO_BATCH ? null : changetype<Batch>(this.first);
  }

  /** Says that the oldest sealed batch is under way: it stays until remove(), split() or keep(). */
  hold(): void {
    this.firstIsBusy = true;
  }

  /** It came back, and waits to be sent again. */
  keep(): void {
    this.firstIsBusy = false;
  }

  /** Removes the oldest sealed batch, which a collector took or which is lost; the number of spans in it. */
  remove(isSent: bool): u32 {
    if (this.first === NO_BATCH) return 0;
    let batch = changetype<Batch>(this.first);
    this.first = batch.next;
    if (this.first === NO_BATCH) this.last = NO_BATCH;
    this.firstIsBusy = false;
    return this.release(batch, isSent);
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

  private release(batch: Batch, isSent: bool): u32 {
    let spans = batch.spans;
    if (!isSent) this.untold += batch.told;
    this.bytes -= batch.size;
    heap.free(changetype<usize>(batch));
    return spans;
  }

  private begin(needed: u32): void {
    let batch = this.allocate(max(FIRST_CAPACITY, needed));
    this.bytes += batch.size;
    this.open = changetype<usize>(batch);
  }

  /** A batch with nothing but the head. */
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

  /** Makes a whole report of a batch that stands in no list; its new address. */
  private finish(batch: Batch): usize {
    // What it does not need goes back: maxBytes is about memory, and small batches are many while a collector is away.
    let at = heap.realloc(changetype<usize>(batch), offsetof<Batch>() + batch.size + this.format.tailSize);
    batch = changetype<Batch>(at);
    batch.capacity = batch.size;
    batch.told = this.untold;
    this.untold = 0;
    let size = <u32>(this.format.finish(batch.bytes, batch.bytes + batch.size, batch.told) - batch.bytes);
    this.bytes += size - batch.size;
    batch.size = size;
    return at;
  }

  /** The address behind `spans` encoded spans. */
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

  /** Drops the oldest batch that waits; false if none does. */
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
