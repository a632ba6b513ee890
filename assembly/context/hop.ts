// One hop of a trace: turns the context that arrived into the one that goes on, and makes the sampling decision. The
// order is: the parent's decision or debug, Envoy's forced trace, excluded paths, the rate, the cap.
import { Field } from "../bytes/fields";
import { text } from "../bytes/slice";
import { carrier } from "./carrier";
import { ACCEPT, DEFER, DENY, TraceContext } from "./context";
import { nextId } from "./ids";
import { Propagation } from "./propagation";
import { isForced, Sampler } from "./sampling";

const PATH: Field = carrier.want(text(":path"));
const REQUEST_ID: Field = carrier.want(text("x-request-id"));
const FORCE_TRACE: Field = carrier.want(text("x-envoy-force-trace"));
const CLIENT_TRACE_ID: Field = carrier.want(text("x-client-trace-id"));
/** A header that never arrives. */
const NO_HEADER: Field = new Field();

function startTrace(own: TraceContext, wide: bool): void {
  own.traceHigh = wide ? nextId() : 0;
  own.traceLow = nextId();
  own.wide = wide;
  own.random = true;
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
  if (forced) return ACCEPT;
  if (!sampler.keeps(own.traceLow)) return DENY;
  return starts && sampler.isCapped && !sampler.admits(nowMs()) ? DENY : ACCEPT;
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
  if (!own.hasIds && (own.sampled || propagation.needsIds)) startTrace(own, propagation.wide);
  if (own.sampled || received.flipsSampled || (own.hasIds && !received.hasIds)) {
    own.parentId = received.spanId;
    own.spanId = nextId();
  }
}
