// What each wire format defines, and the frame that gRPC puts around each message. A report is a head that never
// changes, then the spans one by one, then whatever completes it once they are known.
import { retain } from "../bytes/region";
import { over, Slice } from "../bytes/slice";
import { ConstantTag, Span } from "../span/span";

/** gRPC's Length-Prefixed-Message: a flag for compression and four bytes of length, big end first. */
const FRAME: usize = 5;

/** What a collector's answer says beyond its status. Each read fills it anew. */
export class Answer {
  /** The collector wants no more reports from this reporter. */
  disable: bool = false;
  /** How many spans of the report the collector rejected; more than there are means all. */
  rejected: u64 = 0;
  /** Its first complaint: a view of the answer's bytes. */
  readonly complaint: Slice = over(0, 0);

  clear(): void {
    this.disable = false;
    this.rejected = 0;
    this.complaint.clear();
  }

  /** Keeps a complaint if it is the first. */
  complain(at: usize, size: u32): void {
    if (this.complaint.size === 0) this.complaint.set(at, size);
  }
}

/** Bytes of the names and values of the tags of `span`, plus `around` for each tag. */
export function tagsSize(span: Span, around: u32): u32 {
  let size = span.tagCount * around;
  for (let i: u32 = 0; i < span.tagCount; i++) {
    let tag = span.tagAt(i);
    size += tag.name.size + tag.value.size;
  }
  return size;
}

/** As tagsSize(). */
export function constantTagsSize(tags: ConstantTag[], around: u32): u32 {
  let size = tags.length * around;
  for (let i = 0; i < tags.length; i++) size += tags[i].name.size + tags[i].value.size;
  return size;
}

export abstract class Format {
  /** The start of every report, frame included. */
  readonly head: Slice = over(0, 0);
  /** The `content-type` of a report. */
  readonly contentType: string;

  constructor(
    readonly isGrpc: bool,
    /** Where collectors take reports of this format over this transport, if nobody says otherwise. */
    readonly path: string,
    /** Over HTTP; gRPC has its own. */
    contentType: string,
    /** Upper bound on the bytes that follow the spans. */
    readonly tailSize: u32,
  ) {
    this.contentType = isGrpc ? "application/grpc" : contentType;
  }

  /** Makes room for a head of at most `size` bytes and returns its address. endHead() must follow. */
  protected beginHead(size: u32): usize {
    this.head.at = retain(FRAME + size);
    memory.fill(this.head.at, 0, FRAME);
    return this.head.at + (this.isGrpc ? FRAME : 0);
  }

  protected endHead(end: usize): void {
    this.head.size = <u32>(end - this.head.at);
  }

  /** Upper bound on the encoded size of `span`, in bytes. */
  abstract maxSpanSize(span: Span): u32;

  /** Writes `span` at `at` and returns the address just past it. */
  abstract encodeSpan(at: usize, span: Span): usize;

  /** The address just past the encoded span at `at`. */
  abstract spanEnd(at: usize): usize;

  /**
   * Makes [at, end) a whole message, now that no more spans follow, and returns its new end. `lost` spans were dropped since
   * the last report; not every format can say so.
   */
  protected abstract complete(at: usize, end: usize, lost: u32): usize;

  /** Makes head and spans in [at, end) a whole report and returns its end. Runs again on what a split leaves of a report. */
  finish(at: usize, end: usize, lost: u32): usize {
    if (!this.isGrpc) return this.complete(at, end, lost);
    end = this.complete(at + FRAME, end, lost);
    store<u32>(at + 1, bswap(<u32>(end - at - FRAME)));
    return end;
  }

  /** Reads an answer of `size` bytes. Anything that is not an answer of this format counts as an empty one. */
  readAnswer(at: usize, size: u32, answer: Answer): void {
    answer.clear();
    if (!this.isGrpc) return this.readMessage(at, size, answer);
    if (size < <u32>FRAME || load<u8>(at) !== 0 || bswap(load<u32>(at, 1)) !== size - <u32>FRAME) return;
    this.readMessage(at + FRAME, size - <u32>FRAME, answer);
  }

  protected abstract readMessage(at: usize, size: u32, answer: Answer): void;
}
