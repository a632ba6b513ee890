// Trace contexts as one line of text, so that a spec can say a whole context and a failure shows it.
import { ACCEPT, DEBUG, DENY, TraceContext } from "../../../assembly/context/context";

function digits(value: u64): string {
  return value.toString(16).padStart(16, "0");
}

/** The line of `context`: trace id in its width, span id, decision, and the parent where there is one. */
export function told(context: TraceContext): string {
  let decision = context.decision === DENY ? "deny" : context.decision === ACCEPT ? "accept" : "defer";
  if (context.decision === DEBUG) decision = "debug";
  let ids = context.wide ? digits(context.traceHigh) : "";
  ids += context.hasIds ? digits(context.traceLow) + " " + digits(context.spanId) + " " : "";
  let high = !context.wide && context.traceHigh !== 0 ? " with an upper half that is not spelt" : "";
  return ids + decision + (context.parentId !== 0 ? " of " + digits(context.parentId) : "") + high;
}
