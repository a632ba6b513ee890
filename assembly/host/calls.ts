// HTTP calls to a cluster of this Envoy, the timer, and the context in whose name both are asked for.
import {
  proxy_done,
  proxy_get_buffer_bytes,
  proxy_http_call,
  proxy_set_effective_context,
  proxy_set_tick_period_milliseconds,
} from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { OK } from "./status";

const CALL_RESPONSE_BODY: i32 = 4;
const PLUGIN_CONFIGURATION: i32 = 7;

/** The token of the last call that dispatch() started. */
export let token: u32 = 0;

/**
 * Starts a call without waiting; OK means that proxy_on_http_call_response will come, once, with `token`.
 * `headers` are pairs as bytes/fields.ts describes them. An unknown cluster is BAD_ARGUMENT.
 */
export function dispatch(cluster: Slice, headers: Slice, body: usize, bodySize: u32, timeoutMs: u32): u32 {
  let status = proxy_http_call(
    cluster.at,
    cluster.size,
    headers.at,
    headers.size,
    body,
    bodySize,
    0,
    0,
    timeoutMs,
    addressCell,
  );
  if (status === OK) token = load<u32>(addressCell);
  return status;
}

function readBuffer(buffer: i32, size: u32, into: Slice): void {
  into.clear();
  // Of nothing, the host writes no address and no size.
  if (size > 0 && proxy_get_buffer_bytes(buffer, 0, size, addressCell, sizeCell) === OK) takeResult(into);
}

/** The first `size` bytes of the body that answered the current call; empty if the host has none. */
export function readAnswer(size: u32, into: Slice): void {
  readBuffer(CALL_RESPONSE_BODY, size, into);
}

/** The plugin's configuration, `size` bytes as on_configure was told; only there. Empty if the host has none. */
export function readConfiguration(size: u32, into: Slice): void {
  readBuffer(PLUGIN_CONFIGURATION, size, into);
}

/** Ticks every `ms` milliseconds for the current root context; 0 ends them. */
export function setTick(ms: u32): u32 {
  return proxy_set_tick_period_milliseconds(ms);
}

/** Until the end of this callback, calls and ticks are those of the context `id`. */
export function actAs(id: u32): u32 {
  return proxy_set_effective_context(id);
}

/** Lets go of the current root context, which answered on_done with "not yet". */
export function done(): u32 {
  return proxy_done();
}
