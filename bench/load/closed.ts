// A closed loop: every slot sends its next request when its last one is answered. Shows how much goes through.
import type { Slot } from "./slot.ts";

/** A run ends when `requests` are sent or `ms` are over, whichever comes first. */
export interface Limit {
  requests: number;
  ms: number;
}

export interface Throughput {
  requests: number;
  failures: number;
  seconds: number;
}

/** Requests that have no answer this long after the run are failures. */
const PATIENCE_MS = 5000;

/** Keeps all `slots` busy until the limit. */
export function saturate(slots: Slot[], limit: Limit): Promise<Throughput> {
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    let done = 0;
    let failures = 0;
    let isOver = false;
    let patience: NodeJS.Timeout | undefined;

    const finish = (): void => {
      clearTimeout(patience);
      clearTimeout(timer);
      resolve({ requests: sent, failures: failures + sent - done, seconds: (performance.now() - start) / 1000 });
    };
    const timer = setTimeout(() => {
      isOver = true;
      patience = setTimeout(finish, PATIENCE_MS);
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
