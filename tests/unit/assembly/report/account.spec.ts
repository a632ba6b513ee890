// A long life of a queue, compared step by step with a model made only of lists: the same spans in the same batches,
// the same ones dropped, every byte in its place, and no memory leaked.
import { BatchQueue } from "../../../../assembly/report/batch";
import { below, startChance } from "../chance";
import { Plain } from "./plain";

const FORMAT = new Plain("the head of a report");
const HEAD = FORMAT.head;
const MAX_BYTES: u32 = 65536;
const SEAL_BYTES: u32 = MAX_BYTES / 4;
const SEAL_SPANS: u32 = 40;

/** The numbers of the spans in one batch. */
class ModelBatch {
  spans: u32[] = [];
  size: u32 = HEAD.size;
}

/** The size of each span in bytes, by its number. */
let sizes: u32[] = [];
let open: ModelBatch | null = null;
let sealed: ModelBatch[] = [];
let isHeld = false;
let bytes: u32 = 0;

let reserved: u32 = 0;
let removed: u32 = 0;
let evicted: u32 = 0;
let wrong = "";

let queue = new BatchQueue(FORMAT, MAX_BYTES, SEAL_BYTES, SEAL_SPANS);

function begin(seed: u64): void {
  queue = new BatchQueue(FORMAT, MAX_BYTES, SEAL_BYTES, SEAL_SPANS);
  sizes = [];
  open = null;
  sealed = [];
  isHeld = false;
  bytes = 0;
  reserved = 0;
  removed = 0;
  evicted = 0;
  wrong = "";
  startChance(seed);
}

function put(): void {
  let size = 1 + below(below(10) === 0 ? 3000 : 700);
  let most = size + below(100);
  let at = queue.reserve(most);

  let gone: u32 = 0;
  let needed = most + (open === null ? HEAD.size : 0);
  while (bytes + needed > MAX_BYTES) {
    let batch = sealed.splice(isHeld ? 1 : 0, 1)[0];
    bytes -= batch.size;
    gone += batch.spans.length;
  }
  evicted += gone;
  if (queue.takeEvicted() !== gone) wrong += "evicted at " + reserved.toString() + " ";
  if (at === 0) wrong += "refused " + reserved.toString() + " ";
  if (at === 0) return;

  memory.fill(at, <u8>reserved, size);
  let wantsSeal = queue.commit(at + size);
  let batch = open === null ? new ModelBatch() : changetype<ModelBatch>(open);
  if (open === null) bytes += HEAD.size;
  open = batch;
  batch.spans.push(reserved);
  batch.size += size;
  bytes += size;
  sizes.push(size);
  if (wantsSeal !== (batch.spans.length >= <i32>SEAL_SPANS || batch.size >= SEAL_BYTES)) wrong += "seal ";
  reserved++;
  if (wantsSeal) seal();
}

function seal(): void {
  queue.seal();
  if (open !== null) sealed.push(changetype<ModelBatch>(open));
  open = null;
}

/** Checks the oldest sealed batch, byte by byte. */
function check(): void {
  let batch = queue.peek();
  if ((batch === null) !== (sealed.length === 0)) wrong += "peek ";
  if (batch === null || sealed.length === 0) return;
  let model = sealed[0];
  if (batch.size !== model.size || batch.spans !== model.spans.length) wrong += "batch ";
  if (batch.size > batch.capacity) wrong += "capacity ";
  if (memory.compare(batch.bytes, HEAD.at, HEAD.size) !== 0) wrong += "head ";
  let at = batch.bytes + HEAD.size;
  for (let i = 0; i < model.spans.length; i++) {
    let span = model.spans[i];
    for (let end = at + sizes[span]; at < end; at++) {
      if (load<u8>(at) === <u8>span) continue;
      wrong += "bytes of " + span.toString() + " ";
      return;
    }
  }
}

function remove(): void {
  if (sealed.length === 0) return;
  let batch = sealed.shift();
  bytes -= batch.size;
  removed += batch.spans.length;
  isHeld = false;
  if (queue.remove(true) !== <u32>batch.spans.length) wrong += "removed ";
}

function retain(): void {
  if (sealed.length === 0) return;
  queue.hold();
  isHeld = true;
}

/** Takes `steps` steps; the slower the collector, the less often a batch is removed. */
function live(steps: i32, slowness: u32): void {
  for (let i = 0; i < steps; i++) {
    let what = below(slowness);
    if (what === 0) remove();
    else if (what === 1) retain();
    else if (what === 2) seal();
    else put();
    if (bytes > MAX_BYTES) wrong += "bound ";
    if (i % 7 === 0) check();
  }
}

function kept(): u32 {
  let spans: u32 = 0;
  for (let i = 0; i < sealed.length; i++) spans += sealed[i].spans.length;
  return open === null ? spans : spans + changetype<ModelBatch>(open).spans.length;
}

/** Empties the queue and returns the number of its spans. */
function left(): u32 {
  let spans: u32 = 0;
  queue.seal();
  while (queue.peek() !== null) spans += queue.remove(true);
  return spans;
}

describe("the account of a queue", () => {
  it("adds up with a collector that keeps up", () => {
    begin(31);
    live(40000, 6);
    expect(wrong).toBe("");
    expect(evicted).toBe(0);
    expect(removed > 10000).toBe(true);
    expect(left()).toBe(kept());
    expect(kept() + removed + evicted).toBe(reserved);
  });

  it("adds up with a collector that is too slow", () => {
    begin(32);
    live(20000, 400);
    expect(wrong).toBe("");
    expect(evicted > 1000).toBe(true);
    expect(removed > 100).toBe(true);
    expect(left()).toBe(kept());
    expect(kept() + removed + evicted).toBe(reserved);
  });

  it("adds up with an unreachable collector", () => {
    begin(33);
    for (let i = 0; i < 20000; i++) {
      put();
      if (i === 100) retain();
      if (i % 50 === 0) check();
    }
    expect(wrong).toBe("");
    expect(removed).toBe(0);
    expect(left()).toBe(kept());
    expect(kept() + evicted).toBe(reserved);
  });

  it("leaks no memory", () => {
    begin(34);
    live(5000, 20);
    left();
    let pages = memory.size();
    for (let round: u64 = 0; round < 20; round++) {
      begin(35 + round);
      live(5000, 20);
      left();
    }
    expect(wrong).toBe("");
    // The model's own lists come and go meanwhile; a leak of twenty times the queue would be twenty pages.
    expect(memory.size() - pages < 16).toBe(true, (memory.size() - pages).toString());
  });
});
