// A span to encode, for specs.
import { reset } from "../../../../assembly/bytes/arena";
import { Slice, text } from "../../../../assembly/bytes/slice";
import { ACCEPT, TraceContext } from "../../../../assembly/context/context";
import { Format } from "../../../../assembly/report/format";
import { Span } from "../../../../assembly/span/span";
import { hexOf } from "../bytes";

export const context = new TraceContext();
export const span = new Span(context);

export function set(slice: Slice, value: string): void {
  let bytes = text(value);
  slice.set(bytes.at, bytes.size);
}

/** Makes `span` the only one of trace 300: id 1, no parent, server, no tags, `durationNanos` from `startNanos` on. */
export function smallestSpan(startNanos: u64, durationNanos: u64): void {
  reset();
  context.clear();
  context.traceLow = 300;
  context.spanId = 1;
  context.decision = ACCEPT;
  span.client = false;
  span.error = false;
  span.startNanos = startNanos;
  span.durationNanos = durationNanos;
  span.tagCount = 0;
  span.traceState.clear();
  set(span.operation, "GET");
}

/** The bytes of `span`, or words that say that they are more than predicted, or that their end is not found. */
export class Encoded {
  problem: string = "";
  at: usize;
  size: u32;

  constructor(format: Format) {
    let most = format.maxSpanSize(span);
    this.at = heap.alloc(most);
    let end = format.encodeSpan(this.at, span);
    this.size = <u32>(end - this.at);
    if (this.size > most) this.problem = "too large";
    else if (format.spanEnd(this.at) !== end) this.problem = "the end is not found";
  }

  get hex(): string {
    return this.problem.length > 0 ? this.problem : hexOf(this.at, this.size);
  }

  get text(): string {
    return this.problem.length > 0 ? this.problem : String.UTF8.decodeUnsafe(this.at, this.size);
  }
}
