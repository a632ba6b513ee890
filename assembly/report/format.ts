// What a wire format has to be able to do, and the frame that gRPC puts around each message. A report is a head that never
// changes, the spans behind it one by one, and whatever completes it once they are known.
import { retain } from "../bytes/region";
import { over, Slice } from "../bytes/slice";
import { Span } from "../span/span";

/** gRPC's Length-Prefixed-Message: a flag for compression and four bytes of length, big end first. */
const FRAME: usize = 5;

/** What a collector's answer says beyond its status; filled again by each read. */
export class Answer {
  /** The collector wants no more reports from this reporter. */
  disable: bool = false;
  /** Of the report's spans, those that the collector did not take; more than there are means all. */
  rejected: u64 = 0;
  /** Its first complaint; the bytes are those of the answer. */
  readonly complaint: Slice = over(0, 0);

  clear(): void {
    this.disable = false;
    this.rejected = 0;
    this.complaint.clear();
  }

  /** Takes over a complaint unless there is one already. */
  complain(at: usize, size: u32): void {
    if (this.complaint.size === 0) this.complaint.set(at, size);
  }
}

export abstract class Format {
  /** What every report begins with, the frame included. */
  readonly head: Slice = over(0, 0);

  constructor(
    readonly isGrpc: bool,
    /** What may stand behind the spans needs at most so many bytes. */
    readonly tailSize: u32,
  ) {}

  /** Room for a head of `size` bytes at most; returns where it begins. endHead() must follow. */
  protected beginHead(size: u32): usize {
    this.head.at = retain(FRAME + size);
    memory.fill(this.head.at, 0, FRAME);
    return this.head.at + (this.isGrpc ? FRAME : 0);
  }

  protected endHead(end: usize): void {
    this.head.size = <u32>(end - this.head.at);
  }

  /** No encoding of `span` is longer, in bytes. */
  abstract maxSpanSize(span: Span): u32;

  /** Writes `span` at `at`; returns the address behind it. */
  abstract encodeSpan(at: usize, span: Span): usize;

  /** The address behind the encoded span at `at`. */
  abstract spanEnd(at: usize): usize;

  /**
   * Makes [at, end) a whole message, now that no span comes behind; `lost` spans were dropped since the last report, if the
   * format can say so. Returns its new end.
   */
  protected abstract complete(at: usize, end: usize, lost: u32): usize;

  /** Makes [at, end), head and spans, a whole report; returns its end. Once for each. */
  finish(at: usize, end: usize, lost: u32): usize {
    if (!this.isGrpc) return this.complete(at, end, lost);
    end = this.complete(at + FRAME, end, lost);
    store<u32>(at + 1, bswap(<u32>(end - at - FRAME)));
    return end;
  }

  /** Reads an answer of `size` bytes. What is none of this format's says nothing. */
  readAnswer(at: usize, size: u32, answer: Answer): void {
    answer.clear();
    if (!this.isGrpc) return this.readMessage(at, size, answer);
    if (size < <u32>FRAME || load<u8>(at) !== 0 || bswap(load<u32>(at, 1)) !== size - <u32>FRAME) return;
    this.readMessage(at + FRAME, size - <u32>FRAME, answer);
  }

  protected abstract readMessage(at: usize, size: u32, answer: Answer): void;
}
