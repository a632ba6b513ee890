// Finds callbacks that never come, because Envoy's `capability_restriction_config` can deny each of them silently. Host
// functions can be probed (host/capabilities.ts), callbacks cannot. But a missing callback shows in the others: a
// stream that was never created, a log without an end. Each suspicion is told once, in one line. on_log and
// on_http_call_response are not here: without a log the span is made at the stream's end, and a missing answer becomes
// overdue. It knows no host.

/** This many streams have to show the same; a single one may have been cut off. */
const ENOUGH: u32 = 10;

const CREATE: u32 = 1;
const CONFIGURE: u32 = 2;
const HEADERS: u32 = 4;
const DONE: u32 = 8;
const TICK: u32 = 16;

let suspected: u32 = 0;
let reported: u32 = 0;
let hasHeaders: bool = false;
let hasDone: bool = false;
let hasTicked: bool = false;
let hasRoots: bool = false;
let logs: u32 = 0;
let unseen: u32 = 0;

/** A root context was configured. */
export function noteRoot(): void {
  hasRoots = true;
}

/** The request headers of a stream arrived. */
export function noteHeaders(isCreated: bool): void {
  hasHeaders = true;
  if (!isCreated) suspected |= CREATE;
  else if (!hasRoots) suspected |= CONFIGURE;
}

/** A stream was logged. */
export function noteLog(): void {
  if (++logs >= ENOUGH && !hasDone) suspected |= DONE;
}

/** A context has ended. */
export function noteDone(): void {
  hasDone = true;
}

/** An upstream host answered a stream whose request headers never came. */
export function noteUnseen(): void {
  if (++unseen >= ENOUGH && !hasHeaders) suspected |= HEADERS;
}

export function noteTick(): void {
  hasTicked = true;
}

/** A tick is overdue. */
export function noteOverdueTick(): void {
  if (!hasTicked) suspected |= TICK;
}

/** One line about a callback that is newly suspected; "" if there is none. */
export function takeSuspicion(): string {
  let fresh = suspected & ~reported;
  if (fresh === 0) return "";
  let callback = fresh & -fresh;
  reported |= callback;
  let line = lineOf(callback);
  return line + "; does capability_restriction_config deny it?";
}

function lineOf(callback: u32): string {
  if (callback === CREATE) return "proxy_on_context_create never came: its streams are not traced";
  if (callback === CONFIGURE) return "proxy_on_configure never came: nothing is traced";
  if (callback === HEADERS)
    return "proxy_on_request_headers never came for requests that went on: they have no span. Unless a matcher skips the filter";
  if (callback === DONE) return "proxy_on_done never came: the last report is lost, and HTTP/3 has no spans";
  return "proxy_on_tick never came: spans are sent only while others end";
}
