// A bound on decoders that might loop: their loops block the event loop, so a timer of the test's own would never fire.

import { runInNewContext } from "node:vm";

/** Returns what `work` returns. Interrupts it after half a minute, which only a decoder that walks gigabytes takes. */
export function ends<T>(work: () => T): T {
  return runInNewContext("work()", { work }, { timeout: 30_000 });
}
