// A closed loop: every slot sends its next request when its last is answered. Shows the throughput.
import type { Slot } from "./slot.ts";

/** A run ends after `requests` requests or `ms` milliseconds, whichever comes first. */
export interface Limit {
  requests: number;
  ms: number;
}

export interface Throughput {
  requests: number;
  failures: number;
  seconds: number;
}

/** Requests not answered this long after the run are failures. */
const TIMEOUT_MS = 5000;

/** Keeps all `slots` busy until the limit. */
export function saturate(slots: Slot[], limit: Limit): Promise<Throughput> {
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    let done = 0;
    let failures = 0;
    let isOver = false;
    let timeout: NodeJS.Timeout | undefined;

    const finish = (): void => {
      clearTimeout(timeout);
      clearTimeout(timer);
      resolve({ requests: sent, failures: failures + sent - done, seconds: (performance.now() - start) / 1000 });
    };
    const timer = setTimeout(() => {
      isOver = true;
      timeout = setTimeout(finish, TIMEOUT_MS);
    }, limit.ms);
    const next = (slot: Slot): void => {
      if (isOver || sent >= limit.requests) {
        if (done === sent) finish();
        return;
      }
      sent++;
      slot.send((ok) => {
        done++;
        if (!ok) failures++;
        next(slot);
      });
    };
    slots.forEach(next);
  });
}
