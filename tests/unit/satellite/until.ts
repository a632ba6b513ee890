// The wait that the tests share.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `holds` is true; fails after half a minute, which only a wait that will never end takes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = AbortSignal.timeout(30_000);
  while (!(await holds())) {
    assert.ok(!end.aborted, `waited in vain for ${what}`);
    await sleep(10);
  }
}
