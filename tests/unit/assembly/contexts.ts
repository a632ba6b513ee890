// The trace context that most specs start from, and any context as one line of text, so that a failure shows all of it.
import { ACCEPT, DEBUG, DENY, TraceContext } from "../../../assembly/context/context";

/** Sets `context` to 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1, child of 05e3ac9a4f6e3b90. */
export function setExample(context: TraceContext, decision: u8): void {
  context.clear();
  context.traceHigh = 0x80f198ee56343ba8;
  context.traceLow = 0x64fe8b2a57d3eff7;
  context.spanId = 0xe457b5a2e4d86bd1;
  context.parentId = 0x05e3ac9a4f6e3b90;
  context.wide = true;
  context.decision = decision;
}

function digits(value: u64): string {
  return value.toString(16).padStart(16, "0");
}

/** `context` as a line: trace id in its width, span id, decision, and the parent if there is one. */
export function told(context: TraceContext): string {
  let decision = context.decision === DENY ? "deny" : context.decision === ACCEPT ? "accept" : "defer";
  if (context.decision === DEBUG) decision = "debug";
  let ids = context.wide ? digits(context.traceHigh) : "";
  ids += context.hasIds ? digits(context.traceLow) + " " + digits(context.spanId) + " " : "";
  let high = !context.wide && context.traceHigh !== 0 ? " with an upper half that is not spelt" : "";
  return ids + decision + (context.parentId !== 0 ? " of " + digits(context.parentId) : "") + high;
}
