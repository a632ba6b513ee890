// Decides whether an undecided trace is recorded. The rate and the trace id decide, so every hop and every retry gets
// the same answer, and so does an OpenTelemetry sampler with the same probability: the last 56 bits of the trace id,
// which W3C wants to be random, are compared with a threshold (OpenTelemetry, "TraceState: Probability Sampling").
import { Field } from "../bytes/fields";
import { Slice, startsWith } from "../bytes/slice";

/** A rate of 1: rates are in ten-thousandths. */
export const ALWAYS: u32 = 10000;

const RANDOM_BITS: u64 = 1 << 56;

/** Digit 14 of an `x-request-id` says why Envoy traces the request: `a` service forced, `b` client forced. */
const REASON: usize = 14;
const UUID_SIZE: u32 = 36;
const BY_SERVICE: u8 = 0x61;
const BY_CLIENT: u8 = 0x62;

/** Envoy was told to trace this request, here (`x-envoy-force-trace`, `x-client-trace-id`) or at an earlier hop. */
export function isForced(forceTrace: Field, clientTraceId: Field, requestId: Field): bool {
  if (forceTrace.seen !== 0 || clientTraceId.seen !== 0) return true;
  if (requestId.size !== UUID_SIZE) return false;
  let reason = load<u8>(requestId.at + REASON);
  return reason === BY_SERVICE || reason === BY_CLIENT;
}

/** Milliseconds in a second; one trace in the bucket's unit; the milliseconds that fill the bucket even at the lowest cap. */
const MS: u64 = 1000;
const ONE_TRACE: u64 = <u64>ALWAYS * MS;
const FILLS_ANY: u64 = ONE_TRACE;

export class Sampler {
  /** Trace ids whose last 56 bits are below this are not sampled. */
  private threshold: u64;
  /** Traces that may start now, in ten-millionths, so that a millisecond at any cap adds a whole number; and as of when. */
  private tokens: u64;
  private refilledMs: u64 = 0;

  /** `rate` from 0 to ALWAYS; `perSecond` in ten-thousandths of a trace, 0 for no cap; `excluded` are path prefixes. */
  constructor(
    rate: u32,
    private perSecond: u64,
    private excluded: Slice[],
  ) {
    let kept = <u64>(ALWAYS - rate);
    this.threshold = (RANDOM_BITS / ALWAYS) * kept + ((RANDOM_BITS % ALWAYS) * kept) / ALWAYS;
    this.tokens = this.capacity;
  }

  /** A second's worth, but at least one trace. */
  private get capacity(): u64 {
    return max(this.perSecond * MS, ONE_TRACE);
  }

  /** No trace starts at this path. */
  excludes(path: Slice): bool {
    for (let i = 0; i < this.excluded.length; i++) {
      if (startsWith(path, unchecked(this.excluded[i]))) return true;
    }
    return false;
  }

  /** The rate keeps traces with this id. */
  keeps(traceLow: u64): bool {
    return (traceLow & (RANDOM_BITS - 1)) >= this.threshold;
  }

  /** True if there is a cap. Then admits() decides too. */
  get isCapped(): bool {
    return this.perSecond > 0;
  }

  /** True if the cap lets one more trace start at `nowMs`; counts it then. */
  admits(nowMs: u64): bool {
    if (nowMs > this.refilledMs) {
      let elapsed = min(nowMs - this.refilledMs, FILLS_ANY);
      this.tokens = min(this.capacity, this.tokens + elapsed * this.perSecond);
    }
    // Even if the clock was set back: counting goes on from there.
    this.refilledMs = nowMs;
    if (this.tokens < ONE_TRACE) return false;
    this.tokens -= ONE_TRACE;
    return true;
  }
}
