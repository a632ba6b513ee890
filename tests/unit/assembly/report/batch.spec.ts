import { text } from "../../../../assembly/bytes/slice";
import { Batch, BatchQueue } from "../../../../assembly/report/batch";

const HEAD = text("head");
const NO_HEAD = text("");
const NEVER: u32 = 1000000000;

let queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);

/** Puts one span of `size` bytes, all `fill`, into the queue; false if there is no room for it. */
function put(size: u32, fill: u8 = 0x61): bool {
  let at = queue.reserve(size);
  if (at === 0) return false;
  memory.fill(at, fill, size);
  queue.commit(at + size);
  return true;
}

/** Fills the queue with `count` sealed batches of one span of `size` bytes each; the fill tells them apart. */
function putBatches(count: i32, size: u32): void {
  for (let i = 0; i < count; i++) {
    expect(put(size, <u8>(0x30 + i))).toBe(true);
    queue.seal();
  }
}

/** The bytes of the oldest sealed batch; "none" if there is none. */
function oldest(): string {
  let batch = queue.peek();
  return batch === null ? "none" : String.UTF8.decodeUnsafe(batch.bytes, batch.size);
}

/** The first byte behind the head of each sealed batch, while they are removed. */
function drain(): string {
  let fills = "";
  for (let batch = queue.peek(); batch !== null; batch = queue.peek()) {
    fills += String.fromCharCode(load<u8>(batch.bytes + HEAD.size));
    queue.remove();
  }
  return fills;
}

describe("a batch", () => {
  it("is the head and the spans behind it, in their order", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    put(2, 0x61);
    put(3, 0x62);
    put(1, 0x63);
    queue.seal();
    expect(oldest()).toBe("headaabbbc");
    let batch = queue.peek();
    expect(batch !== null && batch.spans === 3).toBe(true);
  });

  it("may have no head", () => {
    queue = new BatchQueue(NO_HEAD, 1000, NEVER, NEVER);
    put(2);
    queue.seal();
    expect(oldest()).toBe("aa");
  });

  it("has only the bytes that were written, not those that were reserved", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    let at = queue.reserve(500);
    store<u8>(at, 0x61);
    queue.commit(at + 1);
    at = queue.reserve(500);
    store<u8>(at, 0x62);
    queue.commit(at + 1);
    queue.seal();
    expect(oldest()).toBe("headab");
  });

  it("wants to be sealed with the last span that it may have", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, 3);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(true);
  });

  it("wants to be sealed with the byte that it may have, head included", () => {
    queue = new BatchQueue(HEAD, 1000, 20, NEVER);
    expect(queue.commit(queue.reserve(15) + 15)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(true);
    queue = new BatchQueue(HEAD, 1000, 20, NEVER);
    expect(queue.commit(queue.reserve(16) + 16)).toBe(true);
  });

  it("keeps its bytes when it grows, span by span and at a bound", () => {
    queue = new BatchQueue(HEAD, NEVER, NEVER, NEVER);
    let wrong = "";
    for (let i: u32 = 0; i < 300; i++) {
      let size = 500 + i;
      expect(put(size, <u8>i)).toBe(true);
      heap.alloc(16); // something stands behind the batch, so that it cannot grow in place
    }
    queue.seal();
    let batch = queue.peek();
    if (batch === null) return expect(batch).not.toBeNull();
    let at = batch.bytes + HEAD.size;
    for (let i: u32 = 0; i < 300; i++) {
      for (let j: u32 = 0; j < 500 + i; j++) if (load<u8>(at + j) !== <u8>i) wrong += i.toString() + " ";
      at += 500 + i;
    }
    expect(wrong).toBe("");
    expect(at).toBe(batch.bytes + batch.size);
  });

  it("takes a span much larger than itself", () => {
    queue = new BatchQueue(HEAD, NEVER, NEVER, NEVER);
    put(2, 0x61);
    put(3000000, 0x62);
    queue.seal();
    put(3000000, 0x63);
    queue.seal();
    let batch = changetype<Batch>(queue.peek());
    expect(batch.size).toBe(3000006);
    expect(load<u8>(batch.bytes + 5)).toBe(0x61);
    expect(load<u8>(batch.bytes + 6)).toBe(0x62);
    expect(load<u8>(batch.bytes + 3000005)).toBe(0x62);
    queue.remove();
    expect(changetype<Batch>(queue.peek()).size).toBe(3000004);
  });
});

describe("a queue of batches", () => {
  it("is empty when it is new and when all was removed", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    expect(queue.isEmpty).toBe(true);
    put(1);
    expect(queue.isEmpty).toBe(false);
    expect(queue.peek()).toBeNull();
    queue.seal();
    expect(queue.isEmpty).toBe(false);
    expect(queue.remove()).toBe(1);
    expect(queue.isEmpty).toBe(true);
  });

  it("gives out what was sealed first", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    putBatches(5, 10);
    expect(drain()).toBe("01234");
  });

  it("has nothing to seal or to remove where there is nothing", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    queue.seal();
    expect(queue.peek()).toBeNull();
    expect(queue.remove()).toBe(0);
    expect(queue.isEmpty).toBe(true);
  });

  it("goes on after it was emptied", () => {
    queue = new BatchQueue(HEAD, 1000, NEVER, NEVER);
    putBatches(2, 10);
    drain();
    putBatches(3, 10);
    expect(drain()).toBe("012");
  });
});

describe("the bound of a queue", () => {
  it("lets the last byte in, and not one more", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    expect(put(96)).toBe(true);
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    expect(put(97)).toBe(false);
    expect(queue.isEmpty).toBe(true);
    expect(put(90)).toBe(true);
    expect(put(7)).toBe(false);
    expect(put(6)).toBe(true);
    expect(put(1)).toBe(false);
  });

  it("counts the head of each batch", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(1, 46);
    expect(put(46)).toBe(true);
    queue.seal();
    expect(queue.takeEvicted()).toBe(0);
    expect(drain()).toBe("0a");
    putBatches(1, 46);
    expect(put(47)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
  });

  it("has the oldest batch give way, and no more than needed", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(5, 16);
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    expect(put(30, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(2);
    queue.seal();
    expect(drain()).toBe("34a");
  });

  it("does not have the batch under way give way", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(5, 16);
    queue.hold();
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    queue.seal();
    expect(drain()).toBe("0234a");
  });

  it("refuses a span where only the batch under way could give way", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(1, 90);
    queue.hold();
    expect(put(10)).toBe(false);
    expect(queue.takeEvicted()).toBe(0);
    expect(oldest().startsWith("head0")).toBe(true);
    expect(queue.remove()).toBe(1);
    expect(put(10)).toBe(true);
  });

  it("does not have the open batch give way", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    put(90, 0x61);
    expect(put(10)).toBe(false);
    queue.seal();
    expect(drain()).toBe("a");
  });

  it("holds a batch only until it is removed", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(5, 16);
    queue.hold();
    queue.remove();
    expect(put(16, 0x61)).toBe(true);
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    queue.seal();
    expect(drain()).toBe("234a");
  });

  it("goes on in order where the last of all gave way behind the one under way", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(2, 46);
    queue.hold();
    expect(put(40, 0x61)).toBe(true);
    queue.seal();
    expect(drain()).toBe("0a");
    expect(queue.isEmpty).toBe(true);
  });

  it("does not wrap around where a size is as large as can be", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    put(10);
    expect(queue.reserve(u32.MAX_VALUE)).toBe(0);
    expect(queue.reserve(u32.MAX_VALUE - 13)).toBe(0);
    expect(put(10)).toBe(true);
  });

  it("counts what gave way once", () => {
    queue = new BatchQueue(HEAD, 100, NEVER, NEVER);
    putBatches(5, 16);
    put(80);
    expect(queue.takeEvicted()).toBe(5);
    expect(queue.takeEvicted()).toBe(0);
  });
});
