// Which propagation formats one configuration reads and writes.
import { Propagator } from "./propagator";
import { PROPAGATORS } from "./propagators";
import { tracecontext } from "./tracecontext";

export class Propagation {
  /** All formats: first those to write, then those that are written only if their headers arrived. */
  readonly all: Propagator[];
  /** At least one format to write cannot carry a decision without ids. */
  readonly needsIds: bool;
  readonly readsTracecontext: bool;

  constructor(
    /** The formats to read, in order, until one is usable. If empty, nothing that arrives is trusted. */
    readonly extract: Propagator[],
    /** The formats to write. */
    readonly inject: Propagator[],
    /** New trace ids have 128 bits, not 64. */
    readonly wide: bool,
    /** No trace header leaves. */
    readonly strip: bool,
    /** Lightspan sets filter states and changes no header. */
    readonly viaStates: bool = false,
  ) {
    let needsIds = false;
    let all = inject.slice(0);
    for (let i = 0; i < PROPAGATORS.length; i++) {
      let propagator = PROPAGATORS[i];
      if (!inject.includes(propagator)) all.push(propagator);
      else if (propagator.needsIds) needsIds = true;
    }
    this.all = all;
    this.needsIds = needsIds;
    this.readsTracecontext = extract.includes(tracecontext);
  }

  /** The request may say which trace it belongs to, and that it is to be traced. */
  get trusts(): bool {
    return this.extract.length > 0;
  }
}
