// HTTP calls to a cluster of this Envoy, the timer, the context in whose name both are asked for, and the buffers that callbacks
// bring: the body of an answer, and the configuration.
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

/** A call that dispatch() started. */
export class Call {
  token: u32 = 0;
}

/**
 * Starts a call without waiting; OK means that proxy_on_http_call_response will come, once, with the token in `call`.
 * `headers` are pairs as bytes/fields.ts describes them. An unknown cluster is BAD_ARGUMENT.
 */
export function dispatch(cluster: Slice, headers: Slice, body: usize, bodySize: u32, timeoutMs: u32, call: Call): u32 {
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
  if (status === OK) call.token = load<u32>(addressCell);
  return status;
}

function readBuffer(buffer: i32, size: u32, into: Slice): void {
  into.clear();
  // If there is nothing to hand over, the host writes neither address nor size.
  if (size > 0 && proxy_get_buffer_bytes(buffer, 0, size, addressCell, sizeCell) === OK) takeResult(into);
}

/** The first `size` bytes of the body of the current answer; empty if the host has none. */
export function readAnswer(size: u32, into: Slice): void {
  readBuffer(CALL_RESPONSE_BODY, size, into);
}

/** The plugin's configuration, in on_configure only, which is told its `size`; empty if the host has none. */
export function readConfiguration(size: u32, into: Slice): void {
  readBuffer(PLUGIN_CONFIGURATION, size, into);
}

/** Ticks every `ms` milliseconds for the current root context; 0 ends them. The host's status. */
export function setTick(ms: u32): u32 {
  return proxy_set_tick_period_milliseconds(ms);
}

/** Until the end of this callback, calls and ticks are those of the context `id`. The host's status. */
export function actAs(id: u32): u32 {
  return proxy_set_effective_context(id);
}

/** Lets go of the current root context, which answered on_done with "not yet". The host's status. */
export function done(): u32 {
  return proxy_done();
}
