// Which formats of trace context are read and which are written.

/** The formats, as bits; their names are those of the configuration. */
export const B3_SINGLE: u32 = 1;
export const B3_MULTI: u32 = 2;
export const TRACECONTEXT: u32 = 4;

export class Propagation {
  constructor(
    /** The formats to read, one after the other until one can be used; empty = whatever arrives is not trusted. */
    readonly extract: u32[],
    /** The formats to write, bits together. One that arrived is rewritten or removed in any case. */
    readonly inject: u32,
    /** New trace ids have 128 bits, not 64. */
    readonly wide: bool,
    /** No trace header leaves. */
    readonly strip: bool,
    /** Lightspan sets filter states, and changes no header. */
    readonly viaStates: bool = false,
  ) {}

  /** What arrives may say what trace a request belongs to, and that it be traced. */
  get trusts(): bool {
    return this.extract.length > 0;
  }
}
