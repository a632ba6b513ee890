// The host's answer to a call (proxy-wasm ABI 0.2.1, "proxy_status_t").
import { toDecimal } from "../bytes/decimal";

export const OK: u32 = 0;
export const BAD_ARGUMENT: u32 = 2;
/** Of a function that this VM may not call. Others that failed inside the host say so too. */
export const DENIED: u32 = 10;

/** For messages. The numbers are few and rare, and names for them would be dead weight in every sidecar. */
export function statusName(status: u32): string {
  return "proxy_status " + toDecimal(status);
}
