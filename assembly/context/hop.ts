// One hop of a trace: what arrived, and what goes on from here. Decides nothing of sampling by itself yet: a trace that
// nobody decided about is accepted.
import { ACCEPT, DEFER, TraceContext } from "./context";
import { nextId } from "./ids";

/**
 * Makes `own` the context of this hop's span from the `received` one, which may be empty.
 * Sampled: the received trace with a new span id, child of the received span, or a new trace of 128 bits.
 * Not sampled: the received context to the bit, since there is no span of ours to tell of.
 */
export function continueFrom(received: TraceContext, own: TraceContext): void {
  own.copyFrom(received);
  if (own.decision === DEFER) own.decision = ACCEPT;
  if (!own.sampled) return;
  own.parentId = received.spanId;
  own.spanId = nextId();
  if (received.hasIds) return;
  own.traceHigh = nextId();
  own.traceLow = nextId();
  own.wide = true;
}
