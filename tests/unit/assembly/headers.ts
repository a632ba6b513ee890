// Headers for the specs, passed to a Fields as the host would pass them.
import { Fields } from "../../../assembly/bytes/fields";
import { Bytes, fence } from "./bytes";

/** A header map, built header by header; values may be any bytes. */
@unmanaged
export class Headers {
  private count: u32 = 0;
  private sizes: Bytes = new Bytes();
  private content: Bytes = new Bytes();

  add(name: string, value: Bytes): Headers {
    let before = this.content.size;
    this.content.text(name);
    this.sizes.u32(this.content.size - before).u32(value.size);
    this.content.byte(0).add(value.at, value.size).byte(0);
    this.count++;
    return this;
  }

  /** Lets `fields` find them. Valid until the next fence(). */
  bring(fields: Fields): void {
    let pairs = new Bytes().u32(this.count).add(this.sizes.at, this.sizes.size);
    pairs.add(this.content.at, this.content.size);
    assert(fields.scan(fence(pairs.at, pairs.size), pairs.size), "these are no pairs");
    heap.free(pairs.at);
  }
}

/** Lets `fields` find the headers `lines`, alternating names and values. Valid until the next fence(). */
export function bring(fields: Fields, lines: string[]): void {
  let headers = new Headers();
  for (let i = 0; i < lines.length; i += 2) headers.add(lines[i], new Bytes().text(lines[i + 1]));
  headers.bring(fields);
}
