// What Envoy calls, and nothing else: the exports of proxy-wasm ABI 0.2.1 that a tracer needs. Each further one is a
// crossing on every request. Scratch memory of the callback before is let go at the entry of each;
// managed objects, of which requests make none, are collected where no request waits and no object is on the stack.
import "./host/abort";
import { reset } from "./bytes/arena";
import { forgetCluster } from "./filter/ask";
import { noteDone, noteTick } from "./filter/callbacks";
import { configure, end, findRoot } from "./filter/root";
import { beginStream, endStream, tellOfCallbacks } from "./filter/stream";
import { findStream, openStream } from "./filter/streams";
import { answerCall } from "./report/deliveries";
import { lookForFailed } from "./report/failed";

export { malloc } from "./host/memory";

const CONTINUE: u32 = 0;

/** Marks the version of the ABI; never called. */
export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_configure(id: u32, size: u32): u32 {
  reset();
  __collect();
  return configure(id, size) ? 1 : 0;
}

export function proxy_on_context_create(id: u32, root: u32): void {
  // A root context is known once it is configured.
  if (root !== 0) openStream(id, root);
}

export function proxy_on_request_headers(id: u32, _headers: u32, _endOfStream: u32): u32 {
  reset();
  beginStream(id);
  return CONTINUE;
}

export function proxy_on_log(id: u32): void {
  reset();
  endStream(id, true);
}

export function proxy_on_tick(id: u32): void {
  reset();
  __collect();
  noteTick();
  tellOfCallbacks();
  forgetCluster();
  lookForFailed();
  let root = findRoot(id);
  if (root !== null) root.delivery.tick();
}

export function proxy_on_http_call_response(_id: u32, token: u32, headers: u32, bodySize: u32, _trailers: u32): void {
  reset();
  __collect();
  answerCall(token, headers, bodySize);
}

/**
 * A stream that is still open here got no log: over HTTP/3, and among upstream filters. A root context waits, 0, while its
 * last report is under way; a stream has nothing to wait for.
 */
export function proxy_on_done(id: u32): u32 {
  reset();
  noteDone();
  if (findStream(id) === null) return end(id) ? 1 : 0;
  endStream(id, false);
  return 1;
}
