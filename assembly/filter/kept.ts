// What is kept of a request's headers from its start to its end. A stream over HTTP/3 gets no log, and when it ends the host
// shows its attributes but no headers; nothing tells at the start which streams these will be. So each stream that makes a
// span keeps the few headers that the span needs, and forgets them at its end. It knows no stream and no header by name.
import { Fields } from "../bytes/fields";

/** A longer value is cut, so that one request cannot hold much. Bytes. */
export const MOST_OF_VALUE: u32 = 4096;
/** Bytes of all streams together: some forty thousand usual ones. Beyond that a stream keeps nothing. */
const MOST_OF_ALL: usize = 16 * 1024 * 1024;

/** [size u32][pairs (bytes/fields.ts)] */
const HEAD: usize = 4;

let held: usize = 0;

/** Keeps the headers that `fields` keeps of its last scan; returns where, or 0 if there is no more room for them. */
export function keep(fields: Fields): usize {
  let size = fields.packedSize(MOST_OF_VALUE);
  if (held + size > MOST_OF_ALL) return 0;
  held += size;
  let at = heap.alloc(HEAD + size);
  store<u32>(at, size);
  fields.pack(at + HEAD, MOST_OF_VALUE);
  return at;
}

/** Has `fields` find what was kept at `at`; nothing if that is 0. The values stay there. */
export function recall(at: usize, fields: Fields): void {
  if (at === 0) fields.clear();
  else fields.scan(at + HEAD, load<u32>(at));
}

/** Frees what keep() returned. */
export function forget(at: usize): void {
  if (at === 0) return;
  held -= load<u32>(at);
  heap.free(at);
}
