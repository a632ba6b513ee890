// From the headers that a request brought to the context that it belongs to. `b3` beats `x-b3-*`; an unusable format
// falls back to the next. Spans are not shared: a received span id is the parent of ours, never ours.
import { B3, FLAGS, PARENT_SPAN_ID, SAMPLED, SPAN_ID, TRACE_ID } from "./carrier";
import { readB3 } from "./b3";
import { readB3Multi } from "./b3multi";
import { MALFORMED, READ, TraceContext } from "./context";

/** True if the last extract() met a format that it could not use. */
export let metMalformed: bool = false;

/** Reads the carrier's headers into `into`; false, with `into` empty, if there is no usable context among them. */
export function extract(into: TraceContext): bool {
  let single = readB3(B3.at, B3.size, into);
  metMalformed = single === MALFORMED;
  if (single === READ) return true;
  let multi = readB3Multi(TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS, into);
  if (multi === READ) return true;
  metMalformed = metMalformed || multi === MALFORMED;
  into.clear();
  return false;
}
