// When a collector that did not take a report is asked again: after a wait that doubles from failure to failure, with jitter,
// so that a fleet which lost its collector does not come back all at once.
import { nextId } from "../context/ids";

/** Milliseconds; a collector that asks for more than an hour gets an hour. */
const LONGEST: u64 = 3600000;
const MOST_DOUBLINGS: u64 = 20;

export class Backoff {
  private failures: u64 = 0;
  private since: u64 = 0;
  private until: u64 = 0;

  /** The first wait and the longest, in milliseconds. */
  constructor(
    private baseMs: u64,
    private maxMs: u64,
  ) {}

  /** A report failed at `now`: waits, between half of the delay and all of it, and as long as the collector asked for. */
  fail(now: u64, askedMs: u64): void {
    let delay = min(this.baseMs << min(this.failures++, MOST_DOUBLINGS), this.maxMs);
    delay -= nextId() % (delay / 2 + 1);
    this.since = now;
    this.until = now + min(max(delay, askedMs), LONGEST);
  }

  /** The collector takes reports. */
  succeed(): void {
    this.failures = 0;
    this.until = 0;
  }

  /** The last report failed. */
  get isWaiting(): bool {
    return this.failures > 0;
  }

  /** Milliseconds still to wait at `now`. A clock that was set back ends the wait: nobody knows how much is left. */
  remaining(now: u64): u64 {
    return now >= this.until || now < this.since ? 0 : this.until - now;
  }
}
