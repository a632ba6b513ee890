// Finds the trace context of a request in its headers: the first usable format in the order of the configuration gives
// it. If that is only a decision, the next usable format adds the ids. A `traceparent` of the same trace always has a
// say (tracecontext.ts). Spans are not shared: the received span id becomes the parent of ours. It knows no spelling.
import { DEFER, DENY, TraceContext } from "./context";
import { Propagation } from "./propagation";
import { MALFORMED, READ } from "./propagator";
import { tracecontext } from "./tracecontext";

/**
 * Reads the carrier's headers into `into`, which is left empty if they hold no usable context. Returns true if a format
 * was malformed. Once ids are found, no later format counts as malformed.
 */
export function extract(propagation: Propagation, into: TraceContext): bool {
  let metMalformed = false;
  let decision = DEFER;
  let propagators = propagation.extract;
  for (let i = 0; i < propagators.length; i++) {
    let propagator = unchecked(propagators[i]);
    let result = propagator.extract(into);
    if (result === MALFORMED) metMalformed = true;
    if (result !== READ) continue;
    if (decision !== DEFER) {
      into.flipsSampled = propagator === tracecontext && decision === DENY && into.sampled;
      into.decision = decision;
    }
    if (into.hasIds) {
      if (propagation.readsTracecontext) tracecontext.complete(into, propagator === tracecontext);
      return metMalformed;
    }
    decision = into.decision;
  }
  into.clear();
  into.decision = decision;
  return metMalformed;
}
