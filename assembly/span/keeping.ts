// Which spans of unsampled traces are kept: errors, and what took long.
import { Slice, text } from "../bytes/slice";
import { Exchange } from "./exchange";
import { isError } from "./tags";

const ERROR: Slice = text("error");
const SLOW: Slice = text("slow");
/** The reason of a span that is not kept. */
const NO_REASON: Slice = text("");

export class Keeping {
  /** `slowerThanNanos`: 0 = no span is kept for its duration. */
  constructor(
    readonly errors: bool,
    readonly slowerThanNanos: u64,
  ) {}

  /** Some spans are kept. */
  get isOn(): bool {
    return this.errors || this.slowerThanNanos > 0;
  }

  /** Why the span of `exchange` is kept, the value of its tag sampling.kept; empty if it is not. */
  reasonFor(exchange: Exchange): Slice {
    if (this.errors && isError(exchange)) return ERROR;
    let limit = this.slowerThanNanos;
    return limit > 0 && exchange.durationNanos > limit ? SLOW : NO_REASON;
  }
}
