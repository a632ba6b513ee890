// Walks the parts of a text that a byte separates, such as the members of a list in a header. It knows no list.
import { Slice } from "./slice";

const SPACE: u8 = 0x20;
const TAB: u8 = 0x09;

function isWhiteSpace(byte: u8): bool {
  return byte === SPACE || byte === TAB;
}

/** As a slice, the current part without the white space around it. */
@unmanaged
export class Parts extends Slice {
  private next: usize = 0;
  private end: usize = 0;
  private separator: u8 = 0;

  /** Starts at the `size` bytes at `at`; advance() leads to the first part. */
  begin(at: usize, size: u32, separator: u8): void {
    this.next = at;
    this.end = at + size;
    this.separator = separator;
  }

  /** Moves to the next part that is not empty; false if there is none. */
  advance(): bool {
    while (this.next < this.end) {
      let from = this.next;
      let to = from;
      while (to < this.end && load<u8>(to) !== this.separator) to++;
      this.next = to + 1;
      while (from < to && isWhiteSpace(load<u8>(from))) from++;
      while (to > from && isWhiteSpace(load<u8>(to - 1))) to--;
      this.set(from, <u32>(to - from));
      if (to > from) return true;
    }
    return false;
  }
}
