// How long to wait before a report is tried again: twice as long after each failure, with jitter, so that a fleet that lost its
// collector does not come back all at once.
import { nextId } from "../context/ids";

/** Milliseconds: an hour, even if a collector asks for more. */
const LONGEST: u64 = 3600000;
const MOST_DOUBLINGS: u64 = 20;

export class Backoff {
  private failures: u64 = 0;
  private since: u64 = 0;
  private until: u64 = 0;

  /** The first and the longest wait, in milliseconds. */
  constructor(
    private baseMs: u64,
    private maxMs: u64,
  ) {}

  /** A report failed at `now`: waits for half to all of the delay, but at least as long as the collector asked for. */
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

  /** True if the last report failed, even if the wait is over. */
  get hasFailed(): bool {
    return this.failures > 0;
  }

  /** Milliseconds still to wait at `now`. A clock that was set back ends the wait: how much is left is unknown. */
  remaining(now: u64): u64 {
    return now >= this.until || now < this.since ? 0 : this.until - now;
  }
}
