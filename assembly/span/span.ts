// One finished span, ready to be encoded: the record that every wire format is written from. It holds views only.
import { Slice } from "../bytes/slice";
import { TraceContext } from "../context/context";
import { MAX_CUSTOM_TAGS } from "./custom";

/** The longest list of tags that describe() in tags.ts can make. */
const MAX_TAGS: u32 = MAX_CUSTOM_TAGS + 32;

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
  /** The `tracestate` that went on with the request; empty if none did. */
  traceState: Slice = new Slice();
  tagCount: u32 = 0;
  private tags: usize = heap.alloc(<usize>MAX_TAGS * offsetof<Tag>());

  constructor(context: TraceContext) {
    this.context = context;
    for (let i: u32 = 0; i < MAX_TAGS; i++) this.tagAt(i).value = new Slice();
  }

  tagAt(index: u32): Tag {
    return changetype<Tag>(this.tags + <usize>index * offsetof<Tag>());
  }

  /** Adds a tag and returns its value, to be pointed at bytes that stay until the span is encoded. */
  tag(name: Slice): Slice {
    let tag = this.tagAt(this.tagCount++);
    tag.name = name;
    return tag.value;
  }
}
