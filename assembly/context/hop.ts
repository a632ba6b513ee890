// One hop of a trace: from the context that arrived to the one that goes on, with the sampling decision between them.
// The order: the parent's decision or debug, Envoy's forced trace, excluded paths, the rate, the cap.
import { Field } from "../bytes/fields";
import { CLIENT_TRACE_ID, FORCE_TRACE, PATH, REQUEST_ID } from "./carrier";
import { ACCEPT, DEFER, DENY, TraceContext } from "./context";
import { nextId } from "./ids";
import { Propagation, TRACECONTEXT } from "./propagation";
import { isForced, Sampler } from "./sampling";

function startTrace(own: TraceContext, wide: bool): void {
  own.traceHigh = wide ? nextId() : 0;
  own.traceLow = nextId();
  own.wide = wide;
  own.random = true;
}

/** Envoy strips x-envoy-force-trace from strangers' requests, but x-client-trace-id from nobody's. */
const NOT_THERE: Field = new Field();

/** Decides for `own`, which may have ids or not; a trace without ids starts here, unless its path is excluded. */
function decide(own: TraceContext, propagation: Propagation, sampler: Sampler, nowMs: () => u64): u8 {
  let forced = isForced(FORCE_TRACE, propagation.trusts ? CLIENT_TRACE_ID : NOT_THERE, REQUEST_ID);
  let starts = !own.hasIds;
  if (starts) {
    if (!forced && sampler.excludes(PATH)) return DENY;
    startTrace(own, propagation.wide);
  }
  if (forced) return ACCEPT;
  if (!sampler.keeps(own.traceLow)) return DENY;
  return starts && sampler.isCapped && !sampler.admits(nowMs()) ? DENY : ACCEPT;
}

/**
 * Makes `own` the context of this hop from the `received` one, which may be empty.
 * Sampled: the received trace, or a new one, with a new span id, child of the received span.
 * Not sampled: the received context to the bit, since there is no span of ours to tell of. A decision that came without
 * ids goes on without ids, except where only ids can say it, in a `traceparent`.
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
  if (!own.hasIds && (own.sampled || (propagation.inject & TRACECONTEXT) !== 0)) startTrace(own, propagation.wide);
  if (own.sampled || received.moves || (own.hasIds && !received.hasIds)) {
    own.parentId = received.spanId;
    own.spanId = nextId();
  }
}
