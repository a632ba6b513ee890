// A wait for tests of things that happen elsewhere.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `holds` is true. Fails after three minutes: even a busy machine needs less. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = AbortSignal.timeout(180_000);
  while (!(await holds())) {
    assert.ok(!end.aborted, `waited in vain for ${what}`);
    await sleep(10);
  }
}
