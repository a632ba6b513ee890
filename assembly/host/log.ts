// Lines in Envoy's log (logger "wasm"). They are made from strings, which allocate: never on the way of a request.
import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";

const INFO: u32 = 2;
const WARN: u32 = 3;
const ERROR: u32 = 4;

// A log line that the host refuses has nowhere else to be told: the status of proxy_log is dropped knowingly.
function log(level: u32, message: string): void {
  let bytes = String.UTF8.encode(message);
  let at = changetype<usize>(bytes);
  let end = at + <usize>bytes.byteLength;
  // One line is one line, whatever somebody wrote into a configuration or an answer.
  for (let byte = at; byte < end; byte++) if (load<u8>(byte) < 0x20) store<u8>(byte, 0x20);
  proxy_log(level, at, end - at);
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
