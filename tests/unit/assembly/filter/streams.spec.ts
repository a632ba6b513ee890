import { ACCEPT } from "../../../../assembly/context/context";
import { removeStream, findStream, addStream, Stream } from "../../../../assembly/filter/streams";
import { told } from "../contexts";
import { below, chance, startChance } from "../chance";

/** The root of the stream `id`; 0 if the stream is not known. */
function rootOf(id: u32): u32 {
  let stream = findStream(id);
  return stream === null ? 0 : stream.root;
}

function stream(id: u32): Stream {
  return changetype<Stream>(findStream(id));
}

describe("a stream", () => {
  it("is found once it is open", () => {
    expect(findStream(7)).toBeNull();
    addStream(7, 2);
    expect(stream(7).id).toBe(7);
    expect(stream(7).root).toBe(2);
    removeStream(7);
  });

  it("is not found once it is closed", () => {
    addStream(7, 2);
    removeStream(7);
    expect(findStream(7)).toBeNull();
  });

  it("begins without a context", () => {
    addStream(7, 2);
    expect(stream(7).isSeen).toBe(false);
    expect(told(stream(7).context)).toBe("defer");
    removeStream(7);
  });

  it("keeps its context between its callbacks", () => {
    addStream(7, 2);
    stream(7).isSeen = true;
    stream(7).context.traceHigh = 1;
    stream(7).context.traceLow = 2;
    stream(7).context.spanId = 3;
    stream(7).context.parentId = u64.MAX_VALUE;
    stream(7).context.decision = ACCEPT;
    stream(7).context.wide = true;
    stream(7).context.random = true;
    addStream(8, 2);
    expect(told(stream(8).context)).toBe("defer");
    expect(stream(7).isSeen).toBe(true);
    expect(told(stream(7).context)).toBe(
      "00000000000000010000000000000002 0000000000000003 accept of ffffffffffffffff",
    );
    expect(stream(7).context.random).toBe(true);
    removeStream(7);
    removeStream(8);
  });

  it("starts fresh if its id is opened again, closed before or not", () => {
    addStream(7, 2);
    stream(7).isSeen = true;
    stream(7).context.traceLow = 2;
    addStream(7, 3);
    expect(stream(7).root).toBe(3);
    expect(stream(7).isSeen).toBe(false);
    expect(stream(7).context.hasIds).toBe(false);
    removeStream(7);
    expect(findStream(7)).toBeNull();
    addStream(7, 4);
    expect(stream(7).root).toBe(4);
    removeStream(7);
  });

  it("that is unknown may be closed", () => {
    addStream(7, 2);
    removeStream(8);
    removeStream(7 + 64);
    removeStream(7 + 128);
    expect(rootOf(7)).toBe(2);
    removeStream(7);
    removeStream(7);
    expect(findStream(7)).toBeNull();
  });

  it("never has the id 0, which is the host's root", () => {
    expect(findStream(0)).toBeNull();
  });

  it("may have the largest id", () => {
    addStream(u32.MAX_VALUE, 2);
    addStream(u32.MAX_VALUE - 1, 3);
    expect(rootOf(u32.MAX_VALUE)).toBe(2);
    expect(rootOf(u32.MAX_VALUE - 1)).toBe(3);
    removeStream(u32.MAX_VALUE);
    expect(rootOf(u32.MAX_VALUE - 1)).toBe(3);
    removeStream(u32.MAX_VALUE - 1);
  });
});

/** The open streams, by id: the root, and the span id in its context. */
const roots = new Map<u32, u32>();
const spanIds = new Map<u32, u64>();

/** `steps` opens and closes of random ids, most of them close together. Returns all ids ever used. */
function live(steps: i32, range: u32): u32[] {
  let ids: u32[] = [];
  for (let i = 0; i < steps; i++) {
    let id = 1 + below(range) + below(4) * (1 << 20);
    ids.push(id);
    if (below(5) < 2) {
      removeStream(id);
      roots.delete(id);
      continue;
    }
    let root = 1 + below(1000);
    addStream(id, root);
    stream(id).context.spanId = chance();
    roots.set(id, root);
    spanIds.set(id, stream(id).context.spanId);
  }
  return ids;
}

/** The ids on which the table and the model disagree, in short. */
function differing(ids: u32[]): string {
  let wrong = "";
  for (let i = 0; i < ids.length; i++) {
    let id = ids[i];
    let isOpen = roots.has(id);
    if (rootOf(id) !== (isOpen ? roots.get(id) : 0)) wrong += id.toString() + " ";
    else if (isOpen && stream(id).context.spanId !== spanIds.get(id)) wrong += "context of " + id.toString() + " ";
  }
  return wrong;
}

function closeAll(ids: u32[]): void {
  for (let i = 0; i < ids.length; i++) removeStream(ids[i]);
  roots.clear();
  spanIds.clear();
}

// The table starts with 64 places and grows for the 32nd stream. With some 30 open, random ids collide with an id or
// with a displaced one in nearly every step, and wrap around at the table's end.
describe("streams that want the same place", () => {
  it("are distinguished, and found whichever of them is closed", () => {
    startChance(54);
    let ids: u32[] = [];
    let wrong = "";
    for (let i = 0; i < 10000; i++) {
      if (ids.length === 30 || (ids.length > 0 && below(2) === 0)) {
        let id = ids.splice(below(ids.length), 1)[0];
        removeStream(id);
        roots.delete(id);
        if (findStream(id) !== null) wrong += "closed " + id.toString() + " ";
      } else {
        let id = (<u32>chance()) | 1;
        if (roots.has(id)) continue;
        addStream(id, i + 1);
        stream(id).context.spanId = chance();
        roots.set(id, i + 1);
        spanIds.set(id, stream(id).context.spanId);
        ids.push(id);
      }
      wrong += differing(ids);
    }
    expect(wrong).toBe("");
    closeAll(ids);
  });
});

describe("many streams", () => {
  it("agree with a simple model, with few at once", () => {
    startChance(51);
    let ids = live(10000, 20);
    expect(differing(ids)).toBe("");
    closeAll(ids);
    expect(differing(ids)).toBe("");
  });

  it("agree with a simple model, after each step", () => {
    startChance(52);
    let ids: u32[] = [];
    for (let i = 0; i < 300; i++) {
      ids = ids.concat(live(1, 10));
      expect(differing(ids)).toBe("");
    }
    closeAll(ids);
  });

  it("agree with the model while the table grows", () => {
    startChance(53);
    let ids = live(10000, 5000);
    expect(differing(ids)).toBe("");
    closeAll(ids);
    expect(differing(ids)).toBe("");
  });

  it("take no more memory than the most streams ever open at once", () => {
    for (let id: u32 = 1; id <= 5000; id++) addStream(id, 1);
    for (let id: u32 = 1; id <= 5000; id++) removeStream(id);
    let pages = memory.size();
    // With 4,000 open, this would be the slowest spec by far if a removal had to visit all of them.
    for (let id: u32 = 1; id <= 200000; id++) {
      addStream(id, 1);
      if (id > 4000) removeStream(id - 4000);
    }
    expect(memory.size()).toBe(pages);
    expect(rootOf(200000)).toBe(1);
    expect(rootOf(196000)).toBe(0);
    for (let id: u32 = 196001; id <= 200000; id++) removeStream(id);
  });

  it("that are opened again and again take no more memory", () => {
    addStream(7, 1);
    let pages = memory.size();
    for (let i = 0; i < 200000; i++) addStream(7, 1);
    expect(memory.size()).toBe(pages);
    removeStream(7);
    expect(findStream(7)).toBeNull();
  });
});
