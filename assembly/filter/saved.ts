// Saves request headers from a stream's start to its end. A stream over HTTP/3 gets no log, and when it ends the host
// shows its attributes but no headers. Nothing tells at the start which streams these will be, so each stream that may
// make a span saves the few headers that the span needs and forgets them at its end. It knows no stream, and no header
// by name.
import { Fields } from "../bytes/fields";

/** Bytes of a value; a longer one is cut, so that one request cannot hold much. */
export const MAX_VALUE: u32 = 4096;
/** Bytes of all streams together, enough for about forty thousand usual ones. Beyond that a stream saves nothing. */
const MAX_TOTAL: usize = 16 * 1024 * 1024;

/** [size u32][pairs (bytes/fields.ts)] */
const HEAD: usize = 4;

let total: usize = 0;

/**
 * Saves the headers that `fields` packs from its last scan. Returns their address, or 0 if there is no room left. Those
 * that are `expendable` leave half of it to others.
 */
export function saveHeaders(fields: Fields, expendable: bool): usize {
  let size = fields.packedSize(MAX_VALUE);
  if (total + size > (expendable ? MAX_TOTAL / 2 : MAX_TOTAL)) return 0;
  total += size;
  let at = heap.alloc(HEAD + size);
  store<u32>(at, size);
  fields.pack(at + HEAD, MAX_VALUE);
  return at;
}

/** Lets `fields` find what was saved at `at`, or nothing if that is 0. The values stay there. */
export function restoreHeaders(at: usize, fields: Fields): void {
  if (at === 0) fields.clear();
  else fields.scan(at + HEAD, load<u32>(at));
}

/** Frees what saveHeaders() returned. */
export function forgetHeaders(at: usize): void {
  if (at === 0) return;
  total -= load<u32>(at);
  heap.free(at);
}
