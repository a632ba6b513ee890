// From the headers that a request brought to the context that it belongs to: the first format that can be used, in the
// order of the configuration; of a decision without ids, the ids of the next. Spans are not shared: a received span id is
// the parent of ours, never ours.
import { readB3 } from "./b3";
import { readB3Multi } from "./b3multi";
import { B3, carrier, FLAGS, PARENT_SPAN_ID, SAMPLED, SPAN_ID, TRACE_ID, TRACEPARENT, TRACESTATE } from "./carrier";
import { ABSENT, DEFER, DENY, MALFORMED, READ, TraceContext } from "./context";
import { B3_MULTI, B3_SINGLE, Propagation, TRACECONTEXT } from "./propagation";
import { readTraceparent } from "./tracecontext";
import { isTracestate } from "./tracestate";

/** True if the last extract() met a format that it could not use before it found one that it could. */
export let metMalformed: bool = false;
/** True if the last extract() found a valid `tracestate` that belongs to the trace: it may go on. */
export let keepsTracestate: bool = false;

const other: TraceContext = new TraceContext();

function read(format: u32, into: TraceContext): u32 {
  if (format === B3_SINGLE) return readB3(B3.at, B3.size, into);
  if (format === B3_MULTI) return readB3Multi(TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS, into);
  return format === TRACECONTEXT ? readTraceparent(TRACEPARENT, into) : ABSENT;
}

/**
 * Where another format gave the context, a `traceparent` that tells of the same trace still says what only W3C can:
 * that the id is random, and that the `tracestate` is this trace's. One of another trace says nothing.
 */
function readTracestate(format: u32, into: TraceContext): void {
  if (format !== TRACECONTEXT) {
    if (readTraceparent(TRACEPARENT, other) !== READ || !other.sameTrace(into)) return;
    into.random = other.random;
    into.moves = into.decision === DENY && other.sampled;
  }
  keepsTracestate = TRACESTATE.seen > 0 && isTracestate(carrier, TRACESTATE);
}

/**
 * Reads the carrier's headers into `into`; `into` is empty if there is no usable context among them. A decision that came
 * without ids is kept, and the ids are looked for in the formats behind it.
 */
export function extract(propagation: Propagation, into: TraceContext): void {
  metMalformed = false;
  keepsTracestate = false;
  let formats = propagation.extract;
  let decision = DEFER;
  for (let i = 0; i < formats.length; i++) {
    let format = unchecked(formats[i]);
    let result = read(format, into);
    if (result === READ) {
      if (decision !== DEFER) {
        into.moves = format === TRACECONTEXT && decision === DENY && into.sampled;
        into.decision = decision;
      }
      if (!into.hasIds) {
        decision = into.decision;
        continue;
      }
      if (TRACEPARENT.size > 0 && formats.includes(TRACECONTEXT)) readTracestate(format, into);
      return;
    }
    if (result === MALFORMED) metMalformed = true;
  }
  into.clear();
  into.decision = decision;
}
