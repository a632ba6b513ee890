// Interrupts decoders that loop. They block the event loop, so a test's own timeout would not fire.

import { runInNewContext } from "node:vm";

/** Returns the result of `work`. Interrupts it with an error after half a minute. */
export function ends<T>(work: () => T): T {
  return runInNewContext("work()", { work }, { timeout: 30_000 });
}
