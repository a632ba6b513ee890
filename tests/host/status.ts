// The statuses that host calls return (proxy-wasm ABI 0.2.1, "proxy_status_t").

export const OK = 0;
export const NOT_FOUND = 1;
export const BAD_ARGUMENT = 2;
export const CAS_MISMATCH = 5;
export const INVALID_MEMORY_ACCESS = 6;
export const INTERNAL_FAILURE = 10;
export const UNIMPLEMENTED = 12;

/** WASI's answer if a capability is denied (`ENOTCAPABLE`); a proxy_… function answers INTERNAL_FAILURE. */
export const NOT_CAPABLE = 76;
