// Finds the header edits that make a request carry a context. They are as few as possible: each costs a host call and
// clears Envoy's route cache. A format that arrived is rewritten, never left stale; a value that is right already
// stays.
import { TraceContext } from "./context";
import { Edits } from "./edits";
import { Propagation } from "./propagation";
import { PROPAGATORS } from "./propagators";

function headerCount(): u32 {
  let count = 0;
  for (let i = 0; i < PROPAGATORS.length; i++) count += PROPAGATORS[i].headers.length;
  return count;
}

/** The record that inject() returns. */
const edits: Edits = new Edits(headerCount());

/**
 * Returns the edits for the carrier's request to carry `context`, in the formats of the configuration and in those that
 * arrived. They are valid until the next call.
 */
export function inject(context: TraceContext, propagation: Propagation): Edits {
  edits.clear();
  let all = propagation.all;
  let written = propagation.inject.length;
  for (let i = 0; i < all.length; i++) {
    let propagator = unchecked(all[i]);
    if (propagation.strip) propagator.remove(edits);
    else if (i < written || propagator.arrived) propagator.inject(context, edits);
  }
  return edits;
}
