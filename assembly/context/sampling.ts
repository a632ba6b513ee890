// What decides whether an undecided trace is recorded: a rule or the rate gives a threshold, which the trace's random bits
// have to reach (threshold.ts). So every hop and every retry gets the same answer, and so does an OpenTelemetry sampler
// with the same probability.
import { Field } from "../bytes/fields";
import { Slice, startsWith } from "../bytes/slice";
import { Cap } from "./cap";
import { Rule } from "./rule";
import { RANDOM_BITS } from "./threshold";

/** A rate of 1: rates are in ten-thousandths. */
export const ALWAYS: u32 = 10000;

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

/** The threshold for `rate`, from 0 to ALWAYS: at 0, no random bits reach it. */
export function thresholdOf(rate: u32): u64 {
  let dropped = <u64>(ALWAYS - rate);
  return (RANDOM_BITS / ALWAYS) * dropped + ((RANDOM_BITS % ALWAYS) * dropped) / ALWAYS;
}

/** The random bits of a trace id, of which `traceLow` is the lower half. */
export function randomBitsOf(traceLow: u64): u64 {
  return traceLow & (RANDOM_BITS - 1);
}

/** Which traces are recorded, and which spans of the others are kept. */
export class Sampler {
  /** The threshold for requests that match no rule. */
  private threshold: u64;
  /** Traces that start; kept spans. Each has its own, so that a flood of errors lets as many traces start as ever. */
  readonly startCap: Cap;
  readonly keptCap: Cap;

  /** `rate` from 0 to ALWAYS; `perSecond` in ten-thousandths, 0 for no cap; `excluded` are path prefixes. */
  constructor(
    rate: u32,
    perSecond: u64,
    private excluded: Slice[],
    private rules: Rule[] = [],
    /** Traces sampled here say in their `tracestate` with which threshold. */
    readonly setsThreshold: bool = false,
    /** Spans of traces that are not sampled may be kept. */
    readonly keepsSpans: bool = false,
  ) {
    this.threshold = thresholdOf(rate);
    this.startCap = new Cap(perSecond);
    this.keptCap = new Cap(perSecond);
  }

  /** No trace starts at this path, and no span is kept. */
  excludes(path: Slice): bool {
    for (let i = 0; i < this.excluded.length; i++) {
      if (startsWith(path, unchecked(this.excluded[i]))) return true;
    }
    return false;
  }

  /** The threshold for the request in the carrier: that of the first rule that matches, else that of the rate. */
  thresholdOfRequest(): u64 {
    let rules = this.rules;
    for (let i = 0; i < rules.length; i++) {
      let rule = unchecked(rules[i]);
      if (rule.matches) return rule.threshold;
    }
    return this.threshold;
  }
}
