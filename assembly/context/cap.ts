// A cap on how many may pass in a second: a bucket of tokens. It knows neither what passes nor a clock.

/** Caps are in ten-thousandths. */
const ONE: u64 = 10000;
/** Milliseconds in a second. */
const MS: u64 = 1000;
/** What one passage takes out of the bucket. */
const ONE_TOKEN: u64 = ONE * MS;
/** At the lowest cap, the bucket fills in this many milliseconds. */
const FILLS_ANY: u64 = ONE_TOKEN;

export class Cap {
  /** In ten-millionths, so that each millisecond adds a whole number at any cap; and as of when. */
  private tokens: u64;
  private refilledMs: u64 = 0;
  private refusedMs: u64 = 0;
  /** How long the empty bucket takes to fill. */
  private fillMs: u64;
  /** True after a refusal, for as long as the bucket takes to fill. Fewer pass then than without the cap. */
  isShort: bool = false;

  /** `perSecond` in ten-thousandths; 0 for no cap. */
  constructor(private perSecond: u64) {
    this.tokens = this.capacity;
    this.fillMs = perSecond > 0 ? this.capacity / perSecond : 0;
  }

  /** A second's worth, but at least one. */
  private get capacity(): u64 {
    return max(this.perSecond * MS, ONE_TOKEN);
  }

  /** False if there is no cap: then admits() need not be asked. */
  get isSet(): bool {
    return this.perSecond > 0;
  }

  /** True if one more may pass at `nowMs`; counts it then. */
  admits(nowMs: u64): bool {
    if (nowMs > this.refilledMs) {
      let elapsed = min(nowMs - this.refilledMs, FILLS_ANY);
      this.tokens = min(this.capacity, this.tokens + elapsed * this.perSecond);
    }
    // Even if the clock was set back: counting goes on from there.
    this.refilledMs = nowMs;
    let passes = this.tokens >= ONE_TOKEN;
    if (passes) this.tokens -= ONE_TOKEN;
    else this.refusedMs = nowMs;
    // After a clock that was set back, the difference wraps and is large.
    this.isShort = nowMs - this.refusedMs < this.fillMs;
    return passes;
  }
}
