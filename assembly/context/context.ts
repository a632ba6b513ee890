// The trace context of one hop: what B3 and W3C both carry, as numbers. It knows no header and no spelling.

/** Not decided yet: the next hop that can start a span decides. */
export const DEFER: u8 = 0;
export const DENY: u8 = 1;
export const ACCEPT: u8 = 2;
/** Accepted, and every sampler on the way is asked to keep it. */
export const DEBUG: u8 = 3;

/**
 * [traceHigh u64][traceLow u64][spanId u64][parentId u64][threshold u64][decision u8] and seven flags of a byte each.
 * If traceLow and traceHigh are 0, there are no ids, only a decision. If parentId is 0, there is no parent.
 */
@unmanaged
export class TraceContext {
  /** Upper 64 bits of the trace id; 0 for an id of 64 bits. */
  traceHigh: u64 = 0;
  traceLow: u64 = 0;
  spanId: u64 = 0;
  parentId: u64 = 0;
  /** Meaningful only if it `setsThreshold`: the threshold, or UNKNOWN (threshold.ts). */
  threshold: u64 = 0;
  decision: u8 = DEFER;
  /** The trace id is written with 32 digits, even if its upper half is zero. */
  wide: bool = false;
  /** W3C: at least the last 56 bits of the trace id are known to be random. */
  random: bool = false;
  /** W3C: denied or undecided, though a `traceparent` of this trace says sampled. A flag may change only with the span id. */
  flipsSampled: bool = false;
  /** W3C: the `tracestate` that arrived is valid and belongs to this trace, so it may go on. */
  keepsTracestate: bool = false;
  /** Its `tracestate` says with which threshold it was sampled here, or that nobody knows. */
  setsThreshold: bool = false;
  /** The span id was made here; otherwise it is the received one. */
  ownsSpanId: bool = false;
  /** Not sampled, but its span may be kept if it fails or is slow. */
  mayBeKept: bool = false;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<TraceContext>());
  }

  copyFrom(other: TraceContext): void {
    memory.copy(changetype<usize>(this), changetype<usize>(other), offsetof<TraceContext>());
  }

  @inline
  get hasIds(): bool {
    return (this.traceHigh | this.traceLow) !== 0;
  }

  sameTrace(other: TraceContext): bool {
    return this.traceLow === other.traceLow && this.traceHigh === other.traceHigh;
  }

  /** Its spans are recorded and reported. */
  @inline
  get sampled(): bool {
    return this.decision >= ACCEPT;
  }
}
