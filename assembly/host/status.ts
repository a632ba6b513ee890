// The host's answer to a call (proxy-wasm ABI 0.2.1, "proxy_status_t").
import { toDecimal } from "../bytes/decimal";

export const OK: u32 = 0;
export const BAD_ARGUMENT: u32 = 2;
/** This VM may not call the function. A function that failed inside the host returns this too. */
export const DENIED: u32 = 10;

/** For messages. Only the number: statuses are rare, and their names would be dead weight in every sidecar. */
export function statusName(status: u32): string {
  return "proxy_status " + toDecimal(status);
}
