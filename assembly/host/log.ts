// Lines in Envoy's log (logger "wasm"). They are made from strings, which allocate: never on the request path.
import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";

const INFO: u32 = 2;
const WARN: u32 = 3;
const ERROR: u32 = 4;

// The status of proxy_log is ignored on purpose: a refused line could not be reported anywhere else.
function log(level: u32, message: string): void {
  let bytes = String.UTF8.encode(message);
  let at = changetype<usize>(bytes);
  let end = at + <usize>bytes.byteLength;
  // Keeps it one line, whatever a configuration or an answer contains.
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
