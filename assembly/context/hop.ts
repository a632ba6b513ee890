// One hop of a trace: turns the context that arrived into the one that goes on, and makes the sampling decision. The
// order is: the parent's decision or debug, Envoy's forced trace, excluded paths, the first rule that matches or the
// rate, the cap.
import { Field } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { carrier } from "./carrier";
import { ACCEPT, DEFER, DENY, TraceContext } from "./context";
import { nextId } from "./ids";
import { Propagation } from "./propagation";
import { PATH } from "./rule";
import { isForced, randomBitsOf, Sampler } from "./sampling";
import { NO_RANDOMNESS, readRandomness, UNKNOWN } from "./threshold";
import { TRACESTATE } from "./tracecontext";
import { joinLines } from "./tracestate";

const REQUEST_ID: Field = carrier.want(text("x-request-id"));
const FORCE_TRACE: Field = carrier.want(text("x-envoy-force-trace"));
const CLIENT_TRACE_ID: Field = carrier.want(text("x-client-trace-id"));
/** A header that never arrives. */
const NO_HEADER: Field = new Field();

const tracestate = Fixed.record<Slice>();

function startTrace(own: TraceContext, wide: bool): void {
  own.traceHigh = wide ? nextId() : 0;
  own.traceLow = nextId();
  own.wide = wide;
  own.random = true;
}

/** The random bits of `own`: the `rv` of its `tracestate` if thresholds are of interest here, else those of its id. */
function randomnessOf(own: TraceContext, sampler: Sampler): u64 {
  if (sampler.setsThreshold && own.keepsTracestate) {
    joinLines(carrier, TRACESTATE, tracestate);
    let randomness = readRandomness(tracestate);
    if (randomness !== NO_RANDOMNESS) return randomness;
  }
  return randomBitsOf(own.traceLow);
}

/** Decides for `own`, with or without ids. Without ids a trace starts here, unless its path is excluded. */
function decide(own: TraceContext, propagation: Propagation, sampler: Sampler, nowMs: () => u64): u8 {
  // Envoy strips x-envoy-force-trace from strangers' requests, but never x-client-trace-id.
  let forced = isForced(FORCE_TRACE, propagation.trusts ? CLIENT_TRACE_ID : NO_HEADER, REQUEST_ID);
  let starts = !own.hasIds;
  if (starts) {
    if (!forced && sampler.excludes(PATH)) return DENY;
    startTrace(own, propagation.wide);
  }
  own.setsThreshold = sampler.setsThreshold;
  own.threshold = UNKNOWN;
  if (forced) return ACCEPT;
  let threshold = sampler.thresholdOfRequest();
  if (randomnessOf(own, sampler) < threshold) return DENY;
  let cap = sampler.startCap;
  if (starts && cap.isSet && !cap.admits(nowMs())) return DENY;
  // While the cap is short, fewer traces are sampled than the threshold says.
  if (!starts || !cap.isShort) own.threshold = threshold;
  return ACCEPT;
}

/**
 * Makes `own` the context of this hop from the `received` one, which may be empty. If sampled: the received trace, or a
 * new one, with a new span id that is a child of the received span. If not sampled: the received context unchanged,
 * since there is no span of ours; only `flipsSampled` asks for a new span id. A denial without ids goes on without ids,
 * unless a format that needs them is written.
 */
export function continueFrom(
  received: TraceContext,
  own: TraceContext,
  propagation: Propagation,
  sampler: Sampler,
  nowMs: () => u64,
): void {
  own.copyFrom(received);
  if (own.decision === DEFER) own.decision = decide(own, propagation, sampler, nowMs);
  // A caller that denies without ids wants no span at all, as Lightspan itself does for its reports.
  if (sampler.keepsSpans && !own.sampled) own.mayBeKept = own.hasIds && !sampler.excludes(PATH);
  if (!own.hasIds && (own.sampled || propagation.needsIds)) startTrace(own, propagation.wide);
  if (own.sampled || received.flipsSampled || (own.hasIds && !received.hasIds)) {
    own.ownsSpanId = true;
    own.parentId = received.spanId;
    own.spanId = nextId();
  }
}

/** Makes `own`, which is not sampled, the context of a span below the received one. The id is new unless ours went on already. */
export function makeSpan(own: TraceContext): void {
  if (own.ownsSpanId) return;
  own.parentId = own.spanId;
  own.spanId = nextId();
}
