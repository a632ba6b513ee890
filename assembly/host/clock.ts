// Wall-clock time.
import { proxy_get_current_time_nanoseconds } from "@solo-io/proxy-runtime/assembly/imports";
import { addressCell } from "./memory";
import { OK } from "./status";

/** Nanoseconds since the Unix epoch; 0 if the host refuses. */
export function nowNanos(): u64 {
  return proxy_get_current_time_nanoseconds(addressCell) === OK ? load<u64>(addressCell) : 0;
}

/** Milliseconds since the Unix epoch; 0 if the host refuses. */
export function nowMs(): u64 {
  return nowNanos() / 1000000;
}
