import { Batch, BatchQueue } from "../../../../assembly/report/batch";
import { Plain } from "./plain";

const FORMAT = new Plain("head");
const HEAD = FORMAT.head;
const NO_HEAD = new Plain("");
const NEVER: u32 = 1000000000;

let queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);

/** Adds one span of `size` bytes, all `fill`, to the queue; false if there is no room for it. */
function put(size: u32, fill: u8 = 0x61): bool {
  let at = queue.reserve(size);
  if (at === 0) return false;
  memory.fill(at, fill, size);
  queue.commit(at + size);
  return true;
}

/** Fills the queue with `count` sealed batches of one span of `size` bytes, distinguished by their fill. */
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

/** Removes all sealed batches. Returns the first byte after the head of each. */
function drain(): string {
  let fills = "";
  for (let batch = queue.peek(); batch !== null; batch = queue.peek()) {
    fills += String.fromCharCode(load<u8>(batch.bytes + HEAD.size));
    queue.remove(true);
  }
  return fills;
}

describe("a batch", () => {
  it("is the head, followed by the spans in order", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
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

  it("has only the written bytes, not those reserved", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    let at = queue.reserve(500);
    store<u8>(at, 0x61);
    queue.commit(at + 1);
    at = queue.reserve(500);
    store<u8>(at, 0x62);
    queue.commit(at + 1);
    queue.seal();
    expect(oldest()).toBe("headab");
  });

  it("asks to be sealed with the last span that it may have", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, 3);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(true);
  });

  it("asks to be sealed with the last byte that it may have, head included", () => {
    queue = new BatchQueue(FORMAT, 1000, 20, NEVER);
    expect(queue.commit(queue.reserve(15) + 15)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(true);
    queue = new BatchQueue(FORMAT, 1000, 20, NEVER);
    expect(queue.commit(queue.reserve(16) + 16)).toBe(true);
  });

  it("keeps its bytes when it grows, span by span and at a limit", () => {
    queue = new BatchQueue(FORMAT, NEVER, NEVER, NEVER);
    let wrong = "";
    for (let i: u32 = 0; i < 300; i++) {
      let size = 500 + i;
      expect(put(size, <u8>i)).toBe(true);
      heap.alloc(16); // a block after the batch, so that it cannot grow in place
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

  it("accepts a span much larger than itself", () => {
    queue = new BatchQueue(FORMAT, NEVER, NEVER, NEVER);
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
    queue.remove(true);
    expect(changetype<Batch>(queue.peek()).size).toBe(3000004);
  });
});

describe("a queue of batches", () => {
  it("is empty when it is new and when everything has been removed", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    expect(queue.isEmpty).toBe(true);
    put(1);
    expect(queue.isEmpty).toBe(false);
    expect(queue.peek()).toBeNull();
    queue.seal();
    expect(queue.isEmpty).toBe(false);
    expect(queue.remove(true)).toBe(1);
    expect(queue.isEmpty).toBe(true);
  });

  it("returns batches in the order in which they were sealed", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putBatches(5, 10);
    expect(drain()).toBe("01234");
  });

  it("seals and removes nothing if it is empty", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    queue.seal();
    expect(queue.peek()).toBeNull();
    expect(queue.remove(true)).toBe(0);
    expect(queue.isEmpty).toBe(true);
  });

  it("continues after it was emptied", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putBatches(2, 10);
    drain();
    putBatches(3, 10);
    expect(drain()).toBe("012");
  });
});

describe("the limit of a queue", () => {
  it("admits the last byte, and not one more", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    expect(put(96)).toBe(true);
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    expect(put(97)).toBe(false);
    expect(queue.isEmpty).toBe(true);
    expect(put(90)).toBe(true);
    expect(put(7)).toBe(false);
    expect(put(6)).toBe(true);
    expect(put(1)).toBe(false);
  });

  it("counts the head of each batch", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(1, 46);
    expect(put(46)).toBe(true);
    queue.seal();
    expect(queue.takeEvicted()).toBe(0);
    expect(drain()).toBe("0a");
    putBatches(1, 46);
    expect(put(47)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
  });

  it("evicts the oldest batch, and no more than needed", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(5, 16);
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    expect(put(30, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(2);
    queue.seal();
    expect(drain()).toBe("34a");
  });

  it("does not evict the batch in flight", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(5, 16);
    queue.hold();
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    queue.seal();
    expect(drain()).toBe("0234a");
  });

  it("refuses a span if only the batch in flight could be evicted", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(1, 90);
    queue.hold();
    expect(put(10)).toBe(false);
    expect(queue.takeEvicted()).toBe(0);
    expect(oldest().startsWith("head0")).toBe(true);
    expect(queue.remove(true)).toBe(1);
    expect(put(10)).toBe(true);
  });

  it("does not evict the open batch", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    put(90, 0x61);
    expect(put(10)).toBe(false);
    queue.seal();
    expect(drain()).toBe("a");
  });

  it("holds a batch only until it is removed", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(5, 16);
    queue.hold();
    queue.remove(true);
    expect(put(16, 0x61)).toBe(true);
    expect(put(16, 0x61)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
    queue.seal();
    expect(drain()).toBe("234a");
  });

  it("stays in order if the last batch was evicted after the one in flight", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(2, 46);
    queue.hold();
    expect(put(40, 0x61)).toBe(true);
    queue.seal();
    expect(drain()).toBe("0a");
    expect(queue.isEmpty).toBe(true);
  });

  it("does not wrap around at the largest sizes", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    put(10);
    expect(queue.reserve(u32.MAX_VALUE)).toBe(0);
    expect(queue.reserve(u32.MAX_VALUE - 13)).toBe(0);
    expect(put(10)).toBe(true);
  });

  it("counts evicted spans once", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putBatches(5, 16);
    put(80);
    expect(queue.takeEvicted()).toBe(5);
    expect(queue.takeEvicted()).toBe(0);
  });
});

/** Adds the spans in `spans`, each of which ends with an upper-case letter, to the queue. */
function putText(spans: string): void {
  let from = 0;
  for (let i = 0; i < spans.length; i++) {
    if (spans.charCodeAt(i) > 0x5a) continue;
    let at = queue.reserve(<u32>(i + 1 - from));
    for (let j = from; j <= i; j++) store<u8>(at++, <u8>spans.charCodeAt(j));
    queue.commit(at);
    from = i + 1;
  }
}

/** Removes all sealed batches as sent. Returns them with a blank between them. */
function reports(): string {
  let all: string[] = [];
  for (; queue.peek() !== null; queue.remove(true)) all.push(oldest());
  return all.join(" ");
}

describe("a batch that is split", () => {
  it("becomes two, each with the head and half of the spans, in order", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aAbbBcCdddD");
    queue.seal();
    expect(queue.split()).toBe(true);
    expect(changetype<Batch>(queue.peek()).spans).toBe(2);
    expect(reports()).toBe("headaAbbB headcCdddD");
    expect(queue.isEmpty).toBe(true);
  });

  it("leaves the odd span to the second half", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aAbBcC");
    queue.seal();
    expect(queue.split()).toBe(true);
    expect(reports()).toBe("headaA headbBcC");
  });

  it("stays as it is if it has one span", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aA");
    queue.seal();
    expect(queue.split()).toBe(false);
    expect(reports()).toBe("headaA");
  });

  it("stays before later batches, and the last batch is still the last", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aAbB");
    queue.seal();
    expect(queue.split()).toBe(true);
    putText("cC");
    queue.seal();
    expect(reports()).toBe("headaA headbB headcC");
    putText("aAbB");
    queue.seal();
    putText("cC");
    queue.seal();
    expect(queue.split()).toBe(true);
    putText("dD");
    queue.seal();
    expect(reports()).toBe("headaA headbB headcC headdD");
  });

  it("can be split again down to single spans", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aAbBcCdDeE");
    queue.seal();
    let all = "";
    while (queue.peek() !== null) {
      if (queue.split()) continue;
      all += oldest() + " ";
      queue.remove(true);
    }
    expect(all).toBe("headaA headbB headcC headdD headeE ");
  });

  it("may be evicted again, and its attempts start over", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    putText("aAbB");
    queue.seal();
    queue.hold();
    changetype<Batch>(queue.peek()).tries = 2;
    expect(queue.split()).toBe(true);
    expect(changetype<Batch>(queue.peek()).tries).toBe(0);
    expect(put(96)).toBe(true);
    expect(queue.takeEvicted()).toBe(2);
  });

  it("is counted with both heads, and frees its memory", () => {
    queue = new BatchQueue(FORMAT, 100, NEVER, NEVER);
    for (let round = 0; round < 1000; round++) {
      putText("aAbBcCdD");
      queue.seal();
      queue.split();
      queue.remove(true);
      queue.split();
      queue.remove(true);
      queue.remove(true);
    }
    expect(queue.isEmpty).toBe(true);
    // The count has not a byte too many: all of the room is free.
    expect(put(96)).toBe(true);
    expect(put(1)).toBe(false);
  });

  it("limits later batches to half its size", () => {
    queue = new BatchQueue(FORMAT, 1000, 500, NEVER);
    putText("aaaaaAbbbbbB"); // 16 bytes with the head
    queue.seal();
    queue.split(); // 10 bytes each
    queue.learnLimit();
    expect(queue.commit(queue.reserve(5) + 5)).toBe(false);
    expect(queue.commit(queue.reserve(1) + 1)).toBe(true);
  });
});

describe("lost spans", () => {
  it("are counted in the next sealed batch, and in no other", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putText("aA");
    queue.seal();
    queue.lose(2);
    queue.lose(3);
    putText("bB");
    queue.seal();
    putText("cC");
    queue.seal();
    expect(reports()).toBe("headaA headbB+5 headcC");
  });

  it("are counted again if the batch that counted them is lost", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    queue.lose(5);
    putText("aA");
    queue.seal();
    expect(queue.remove(false)).toBe(1);
    queue.lose(1);
    putText("bB");
    queue.seal();
    expect(reports()).toBe("headbB+6");
  });

  it("are counted again if the batch that counted them was evicted", () => {
    queue = new BatchQueue(FORMAT, 30, NEVER, NEVER);
    queue.lose(5);
    putText("aA");
    queue.seal();
    putText("bbbbbbbbbbbbbbbbbbbbbbbB");
    expect(queue.takeEvicted()).toBe(1);
    queue.lose(1);
    queue.seal();
    expect(oldest().endsWith("B+6")).toBe(true, oldest());
  });

  it("are not counted again if the batch was sent", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    queue.lose(5);
    putText("aA");
    queue.seal();
    queue.remove(true);
    putText("bB");
    queue.seal();
    expect(reports()).toBe("headbB");
  });

  it("are counted in the first half of a split batch, with those lost since", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    queue.lose(5);
    putText("aAbBcC");
    queue.seal();
    expect(oldest()).toBe("headaAbBcC+5");
    queue.lose(7);
    expect(queue.split()).toBe(true);
    expect(reports()).toBe("headaA+12 headbBcC");
  });
});

/** Like put(), for an expendable span. */
function putExpendable(size: u32, fill: u8 = 0x78): bool {
  let at = queue.reserve(size, true);
  if (at === 0) return false;
  memory.fill(at, fill, size);
  queue.commit(at + size);
  return true;
}

describe("an expendable span", () => {
  it("is taken up to a quarter of the bytes, heads included", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    expect(putExpendable(245)).toBe(true);
    expect(putExpendable(2)).toBe(false);
    expect(putExpendable(1)).toBe(true);
    expect(putExpendable(1)).toBe(false);
  });

  it("counts what other spans use, and leaves them all of the bytes", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    expect(put(200)).toBe(true);
    expect(putExpendable(47)).toBe(false);
    expect(putExpendable(46)).toBe(true);
    expect(put(750)).toBe(true);
    expect(queue.takeEvicted()).toBe(0);
    expect(putExpendable(1)).toBe(false);
  });

  it("drops no other span, sealed or open", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    putBatches(3, 100);
    expect(putExpendable(1)).toBe(false);
    expect(queue.takeEvicted()).toBe(0);
    expect(drain()).toBe("012");
    expect(putExpendable(246)).toBe(true);
  });

  it("is dropped like any other once it is in a batch that gives way", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    expect(putExpendable(200)).toBe(true);
    queue.seal();
    expect(put(900)).toBe(true);
    expect(queue.takeEvicted()).toBe(1);
  });

  it("that is too large even alone is not taken", () => {
    queue = new BatchQueue(FORMAT, 1000, NEVER, NEVER);
    expect(putExpendable(247)).toBe(false);
    expect(putExpendable(u32.MAX_VALUE)).toBe(false);
    expect(queue.isEmpty).toBe(true);
  });
});
