// A readable format for the specs of queues: a span is any bytes up to an upper-case letter, and a count of lost spans
// follows the last span as `+3`.
import { writeDecimal } from "../../../../assembly/bytes/decimal";
import { Answer, Format } from "../../../../assembly/report/format";
import { Span } from "../../../../assembly/span/span";

const PLUS: u8 = 0x2b;

export class Plain extends Format {
  constructor(head: string) {
    super(false, "/", "text/plain", 20);
    let size = String.UTF8.byteLength(head);
    let at = this.beginHead(size);
    String.UTF8.encodeUnsafe(changetype<usize>(head), head.length, at);
    this.endHead(at + size);
  }

  maxSpanSize(_span: Span): u32 {
    return 0;
  }

  encodeSpan(at: usize, _span: Span): usize {
    return at;
  }

  spanEnd(at: usize): usize {
    while (<u32>load<u8>(at) - 0x41 > 25) at++;
    return at + 1;
  }

  protected complete(_at: usize, end: usize, lost: u32): usize {
    if (lost === 0) return end;
    store<u8>(end, PLUS);
    return writeDecimal(end + 1, lost);
  }

  protected readMessage(_at: usize, _size: u32, _answer: Answer): void {}
}
