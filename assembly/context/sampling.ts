// Whether a trace that nobody decided about is recorded. Rate and trace id decide, so that every hop and every retry
// comes to the same answer, and so does an OpenTelemetry sampler of the same probability: the last 56 bits of the trace
// id, which W3C wants random, are compared with a threshold (OpenTelemetry, "TraceState: Probability Sampling").
import { Field } from "../bytes/fields";
import { sameBytes, Slice } from "../bytes/slice";

/** A rate of 1, in the steps that a rate has. */
export const ALWAYS: u32 = 10000;

const RANDOM_BITS: u64 = 1 << 56;

/** Digit 14 of an `x-request-id` tells why Envoy traces the request: `a` service forced, `b` client forced. */
const REASON: usize = 14;
const UUID_SIZE: u32 = 36;
const BY_SERVICE: u8 = 0x61;
const BY_CLIENT: u8 = 0x62;

/** Envoy itself was told to trace this request (`x-envoy-force-trace`, `x-client-trace-id`, or earlier on its way). */
export function isForced(forceTrace: Field, clientTraceId: Field, requestId: Field): bool {
  if (forceTrace.seen !== 0 || clientTraceId.seen !== 0) return true;
  if (requestId.size !== UUID_SIZE) return false;
  let reason = load<u8>(requestId.at + REASON);
  return reason === BY_SERVICE || reason === BY_CLIENT;
}

/** Milliseconds of a second; one trace in the unit of the bucket; the milliseconds that fill it at the lowest cap. */
const MS: u64 = 1000;
const ONE_TRACE: u64 = <u64>ALWAYS * MS;
const FILLS_ANY: u64 = ONE_TRACE;

export class Sampler {
  /** Trace ids whose last 56 bits are below it are not sampled. */
  private threshold: u64;
  /** Traces that may start now, in ten-millionths, so that a millisecond of any cap is a whole number; and their time. */
  private tokens: u64;
  private refilledMs: u64 = 0;

  /** `rate` from 0 to ALWAYS; `perSecond` in ten-thousandths of a trace, 0 = no cap; `excluded` are prefixes of paths. */
  constructor(
    rate: u32,
    private perSecond: u64,
    private excluded: Slice[],
  ) {
    let kept = <u64>(ALWAYS - rate);
    this.threshold = (RANDOM_BITS / ALWAYS) * kept + ((RANDOM_BITS % ALWAYS) * kept) / ALWAYS;
    this.tokens = this.capacity;
  }

  /** A second's worth, and one trace at least. */
  private get capacity(): u64 {
    return max(this.perSecond * MS, ONE_TRACE);
  }

  /** No trace starts at this path. */
  excludes(path: Field): bool {
    for (let i = 0; i < this.excluded.length; i++) {
      let prefix = unchecked(this.excluded[i]);
      if (path.size >= prefix.size && sameBytes(path.at, prefix.size, prefix.at, prefix.size)) return true;
    }
    return false;
  }

  /** The rate keeps traces with this id. */
  keeps(traceLow: u64): bool {
    return (traceLow & (RANDOM_BITS - 1)) >= this.threshold;
  }

  /** There is a cap, and admits() needs the time. */
  get isCapped(): bool {
    return this.perSecond > 0;
  }

  /** The cap lets one more trace start at `nowMs`, and counts it. */
  admits(nowMs: u64): bool {
    if (nowMs > this.refilledMs) {
      let elapsed = min(nowMs - this.refilledMs, FILLS_ANY);
      this.tokens = min(this.capacity, this.tokens + elapsed * this.perSecond);
    }
    // Also of a clock that was set back: it goes on from there.
    this.refilledMs = nowMs;
    if (this.tokens < ONE_TRACE) return false;
    this.tokens -= ONE_TRACE;
    return true;
  }
}
