// The changes that a request's headers need. This file decides on none and makes none: propagation formats fill the list
// in, and filter/departure.ts carries it out.
import { Field } from "../bytes/fields";
import { Slice } from "../bytes/slice";

/** A header and the value that it needs. If the value is empty, the header is removed. */
@unmanaged
export class Edit extends Slice {
  header: Field;
  /** True if the header doesn't have exactly this value yet. */
  changes: bool;
}

const EDIT_SIZE: usize = 16;

@unmanaged
export class Edits {
  count: u32 = 0;
  /** True if at least one header is removed. */
  removes: bool = false;
  private first: usize;

  /** `capacity` is the number of headers that can be edited, each once. */
  constructor(readonly capacity: u32) {
    this.first = heap.alloc(<usize>capacity * EDIT_SIZE);
  }

  at(index: u32): Edit {
    return changetype<Edit>(this.first + <usize>index * EDIT_SIZE);
  }

  clear(): void {
    this.count = 0;
    this.removes = false;
  }

  /** Makes `header` hold `size` bytes at `at`, which must stay until the edits are carried out; removes it if `size` is 0. */
  set(header: Field, at: usize, size: u32): void {
    if (size === 0) this.remove(header);
    else this.add(header, at, size, !header.isExactly(at, size));
  }

  /** Removes `header` if it arrived. */
  remove(header: Field): void {
    if (header.seen === 0) return;
    this.removes = true;
    this.add(header, 0, 0, true);
  }

  /** Leaves `header` as it arrived. `value` is its value, in case all headers must be written (filter/departure.ts). */
  keep(header: Field, value: Slice): void {
    this.add(header, value.at, value.size, false);
  }

  private add(header: Field, at: usize, size: u32, changes: bool): void {
    let edit = this.at(this.count++);
    edit.header = header;
    edit.set(at, size);
    edit.changes = changes;
  }
}
