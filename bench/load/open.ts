// An open loop: requests go out at a fixed rate, whether or not earlier ones are answered. Shows the latency.
import type { Slot } from "./slot.ts";

export interface Pace {
  /** Requests per second. */
  rate: number;
  ms: number;
}

export interface Latency {
  requests: number;
  failures: number;
  /** Microseconds from sending to the answer's last byte, including the wait for a free slot. */
  p50: number;
  p99: number;
}

const TIMEOUT_MS = 5000;

/** The value below which `share` of the `sorted` values lie. */
function quantile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Sends at the given pace. Timers fire every millisecond: requests due by then go out together. */
export function pace(slots: Slot[], { rate, ms }: Pace): Promise<Latency> {
  return new Promise((resolve) => {
    const free = [...slots];
    /** Due times of the requests that found no free slot. */
    const late: number[] = [];
    const times: number[] = [];
    const start = performance.now();
    let due = 0;
    let done = 0;
    let failures = 0;

    const send = (slot: Slot, since: number): void =>
      slot.send((ok) => {
        done++;
        if (ok) times.push((performance.now() - since) * 1000);
        else failures++;
        const waiting = late.shift();
        if (waiting === undefined) free.push(slot);
        else send(slot, waiting);
      });
    const finish = (): void => {
      times.sort((a, b) => a - b);
      resolve({
        requests: due,
        failures: failures + due - done,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
      });
    };
    const tick = (): void => {
      const now = performance.now();
      const wanted = Math.floor((Math.min(now - start, ms) * rate) / 1000);
      for (; due < wanted; due++) {
        const slot = free.pop();
        if (slot === undefined) late.push(now);
        else send(slot, performance.now());
      }
      const isOver = now - start >= ms;
      if (isOver && (done === due || now - start >= ms + TIMEOUT_MS)) finish();
      else setTimeout(tick, 1);
    };
    tick();
  });
}
