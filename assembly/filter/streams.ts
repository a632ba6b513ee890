// The open streams: what is remembered of each between its callbacks, found by the host's context id. It is an
// open-addressed table in flat memory, which doubles when it is half full and never shrinks. It allocates nothing else.
import { TraceContext } from "../context/context";
import { forgetHeaders } from "./saved";

/** [id u32][root u32][isSeen u8][isGrpc u8][padding][saved u32][TraceContext] */
@unmanaged
export class Stream {
  /** Context id of the host; 0 = free. */
  id: u32;
  /** Context id of the stream's root context. */
  root: u32;
  /** Its request headers came to us and it was counted. */
  isSeen: bool;
  /** Its request is gRPC's. */
  isGrpc: bool;
  /** The request headers that saved.ts has of it; 0 = none. */
  saved: usize;

  get context(): TraceContext {
    return changetype<TraceContext>(changetype<usize>(this) + CONTEXT);
  }
}

const CONTEXT: usize = 16;
const SIZE: usize = 64;

let capacity: u32 = 64;
let table: usize = cleared(capacity);
let count: u32 = 0;

function cleared(slots: u32): usize {
  let bytes = <usize>slots * SIZE;
  let at = heap.alloc(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

function slot(index: u32): Stream {
  return changetype<Stream>(table + <usize>(index & (capacity - 1)) * SIZE);
}

/** The slot where `id` belongs. Ids come in sequence and would form one long run that each removal walks, so they are spread. */
function homeOf(id: u32): u32 {
  return (id * 0x9e3779b1) >> (clz(capacity) + 1);
}

/** The slot of `id`, or the first free one at or after the slot where it belongs. */
function place(id: u32): u32 {
  let index = homeOf(id);
  while (slot(index).id !== 0 && slot(index).id !== id) index = (index + 1) & (capacity - 1);
  return index;
}

function grow(): void {
  let old = table;
  let oldCapacity = capacity;
  capacity *= 2;
  table = cleared(capacity);
  for (let i: u32 = 0; i < oldCapacity; i++) {
    let from = old + <usize>i * SIZE;
    let id = changetype<Stream>(from).id;
    if (id !== 0) memory.copy(changetype<usize>(slot(place(id))), from, SIZE);
  }
  heap.free(old);
}

/** Remembers a new stream. */
export function addStream(id: u32, root: u32): void {
  if (count * 2 >= capacity) grow();
  let stream = slot(place(id));
  if (stream.id === 0) count++;
  else forgetHeaders(stream.saved);
  stream.id = id;
  stream.root = root;
  stream.isSeen = false;
  stream.isGrpc = false;
  stream.saved = 0;
  stream.context.clear();
}

/** The stream `id`, or null if it is not known. Valid until the next addStream() or removeStream(). */
export function findStream(id: u32): Stream | null {
  let stream = slot(place(id));
  return stream.id === id && id !== 0 ? stream : null;
}

/** Forgets the stream `id` and what was saved of it. */
export function removeStream(id: u32): void {
  let hole = place(id);
  if (slot(hole).id !== id) return;
  forgetHeaders(slot(hole).saved);
  count--;
  // Streams that were pushed past this slot move up, so that no search ends too early.
  for (let next = (hole + 1) & (capacity - 1); slot(next).id !== 0; next = (next + 1) & (capacity - 1)) {
    let home = homeOf(slot(next).id);
    if (((next - home) & (capacity - 1)) < ((next - hole) & (capacity - 1))) continue;
    memory.copy(changetype<usize>(slot(hole)), changetype<usize>(slot(next)), SIZE);
    hole = next;
  }
  slot(hole).id = 0;
}
