// The functions that Envoy calls, and nothing else: the exports of proxy-wasm ABI 0.2.1 that a tracer needs. Each further
// export would cost every request a call into the VM. Callbacks that use scratch memory first free the previous one's.
// Managed objects, of which requests make none, are collected where no request waits and no object is on the stack.
import "./host/abort";
import { reset } from "./bytes/arena";
import { forgetCluster } from "./filter/ask";
import { noteDone, noteTick } from "./filter/callbacks";
import { configure, end, findRoot } from "./filter/root";
import { beginStream, endStream, warnOfCallbacks } from "./filter/stream";
import { findStream, addStream } from "./filter/streams";
import { answerCall } from "./report/deliveries";
import { lookForFailed } from "./report/failed";

export { malloc } from "./host/memory";

const CONTINUE: u32 = 0;

/** Tells Envoy the version of the ABI; never called. */
export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_configure(id: u32, size: u32): u32 {
  reset();
  __collect();
  return configure(id, size) ? 1 : 0;
}

export function proxy_on_context_create(id: u32, root: u32): void {
  // Root contexts are registered when they are configured.
  if (root !== 0) addStream(id, root);
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
  warnOfCallbacks();
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
 * A stream that is still open here got no log, as over HTTP/3 and among upstream filters; it ends at once. A root
 * context returns 0 to stay until its last report is answered.
 */
export function proxy_on_done(id: u32): u32 {
  reset();
  noteDone();
  if (findStream(id) === null) return end(id) ? 1 : 0;
  endStream(id, false);
  return 1;
}
