// The host's answer to a call (proxy-wasm ABI 0.2.1, "proxy_status_t"). A name for messages, and nothing else.
import { spell } from "../bytes/decimal";

export const OK: u32 = 0;
export const NOT_FOUND: u32 = 1;
export const BAD_ARGUMENT: u32 = 2;

export function statusName(status: u32): string {
  if (status === OK) return "ok";
  if (status === NOT_FOUND) return "not found";
  if (status === BAD_ARGUMENT) return "bad argument";
  if (status === 7) return "empty";
  if (status === 10) return "internal failure";
  if (status === 12) return "unimplemented";
  return "status " + spell(status);
}
