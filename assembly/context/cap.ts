// A cap on how many may pass in a second: a bucket of tokens. It knows neither what passes nor a clock.

/** Caps are in ten-thousandths. */
const ONE: u64 = 10000;
/** Milliseconds in a second; one that passes in the bucket's unit; the milliseconds that fill the bucket at the lowest cap. */
const MS: u64 = 1000;
const ONE_TOKEN: u64 = ONE * MS;
const FILLS_ANY: u64 = ONE_TOKEN;

export class Cap {
  /** What may pass now, in ten-millionths, so that a millisecond at any cap adds a whole number; and as of when. */
  private tokens: u64;
  private refilledMs: u64 = 0;
  private shortUntilMs: u64 = 0;
  /** It refused at most as long ago as the bucket takes to fill: fewer pass now than without it. */
  isShort: bool = false;

  /** `perSecond` in ten-thousandths; 0 for no cap. */
  constructor(private perSecond: u64) {
    this.tokens = this.capacity;
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
    else this.shortUntilMs = nowMs + this.capacity / this.perSecond;
    this.isShort = nowMs < this.shortUntilMs;
    return passes;
  }
}
