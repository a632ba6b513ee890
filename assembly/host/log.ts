// Lines in Envoy's log (logger "wasm"). They are made from strings, which allocate: never on the way of a request.
import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";

const INFO: u32 = 2;
const WARN: u32 = 3;
const ERROR: u32 = 4;
const CRITICAL: u32 = 5;

// A log line that the host refuses has nowhere else to be told: the status of proxy_log is dropped knowingly.
function log(level: u32, message: string): void {
  let bytes = String.UTF8.encode(message);
  proxy_log(level, changetype<usize>(bytes), bytes.byteLength);
}

export function info(message: string): void {
  log(INFO, message);
}

export function warn(message: string): void {
  log(WARN, message);
}

export function error(message: string): void {
  log(ERROR, message);
}

export function critical(message: string): void {
  log(CRITICAL, message);
}
