// One finished span, ready to be encoded: the record from which every wire format is written. It holds only views.
import { Slice } from "../bytes/slice";
import { TraceContext } from "../context/context";
import { MAX_CUSTOM_TAGS } from "./custom";

/** Upper bound on the tags that describe() in tags.ts adds. */
const MAX_TAGS: u32 = 21 + MAX_CUSTOM_TAGS;

/** A tag that stays the same for the life of the configuration. */
export class ConstantTag {
  constructor(
    readonly name: Slice,
    readonly value: Slice,
  ) {}
}

@unmanaged
export class Tag {
  name: Slice;
  value: Slice;
}

@unmanaged
export class Span {
  context: TraceContext;
  /** True on the caller's side of a call (CLIENT), false on the callee's (SERVER). */
  client: bool = false;
  error: bool = false;
  /** Wall-clock time, nanoseconds since the Unix epoch. */
  startNanos: u64 = 0;
  durationNanos: u64 = 0;
  operation: Slice = new Slice();
  /** The `tracestate` that left with the request; empty if there was none. */
  traceState: Slice = new Slice();
  /** If its trace is not sampled: why it is kept; otherwise empty. Stays until the span is encoded. */
  kept: Slice = new Slice();
  tagCount: u32 = 0;
  /** MAX_TAGS tags and a spare one. */
  private tags: usize = heap.alloc((<usize>MAX_TAGS + 1) * offsetof<Tag>());

  constructor(context: TraceContext) {
    this.context = context;
    for (let i: u32 = 0; i <= MAX_TAGS; i++) this.tagAt(i).value = new Slice();
  }

  /** Its trace is not sampled. */
  get isKept(): bool {
    return this.kept.size > 0;
  }

  tagAt(index: u32): Tag {
    return changetype<Tag>(this.tags + <usize>index * offsetof<Tag>());
  }

  /**
   * Adds a tag and returns its value, which the caller points at bytes that stay until the span is encoded. Tags beyond
   * MAX_TAGS go to the spare one and are dropped.
   */
  tag(name: Slice): Slice {
    let tag = this.tagAt(this.tagCount);
    this.tagCount = min(this.tagCount + 1, MAX_TAGS);
    tag.name = name;
    return tag.value;
  }
}
