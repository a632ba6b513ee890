// Finds wanted headers in a whole header map as the host passes it: u32 count, then for each header u32 name size and
// u32 value size, then every name and value, each followed by a NUL (proxy-wasm ABI 0.2, "pairs"). One pass over memory
// replaces a host call per header. It knows no header by name.
import { retain } from "./region";
import { copyShort, over, sameBytes, sameStart, Slice } from "./slice";
import { cutSize } from "./utf8";

/** One wanted header. As a slice it is the first value that arrived; a repeated header's other values are only counted. */
@unmanaged
export class Field extends Slice {
  name: usize = 0;
  nameSize: u32 = 0;
  /** How many times the header arrived. */
  seen: u32 = 0;
  /** Whether pack() includes it. */
  isSaved: bool = false;
  next: usize = 0;
  /** The next field with a name of the same size. */
  nextOfSize: usize = 0;

  /** Makes the header count as absent. */
  forget(): void {
    this.seen = 0;
    this.size = 0;
  }

  /** True if the header arrived once, with exactly these bytes. */
  isExactly(at: usize, size: u32): bool {
    return this.seen === 1 && sameBytes(this.at, this.size, at, size);
  }
}

/** Names are shorter than this. */
export const NAME_LIMIT: u32 = 64;

@unmanaged
export class Fields {
  private first: usize = 0;
  // The first field for each size of names. Most headers of a request are passed over by this alone.
  private bySize: usize = heap.alloc(NAME_LIMIT * sizeof<usize>());
  // The header map of the last scan(), for headers of several lines.
  private pairs: usize = 0;
  // Where nextLine() continues: the sizes and the name of the next header, and how many are left. If each line started
  // over, thousands of lines from a caller would cost quadratic time.
  private sizes: usize = 0;
  private rest: usize = 0;
  private left: u32 = 0;
  // How many headers packedSize() found: pack() writes their names and values after that many sizes.
  private packedCount: u32 = 0;
  /** The line that firstLine() or nextLine() found. */
  lineAt: usize = 0;
  lineSize: u32 = 0;
  /** Bytes of all names and values in the last scan(), which Envoy calls the header map's byte size. */
  total: u64 = 0;

  constructor() {
    memory.fill(this.bySize, 0, NAME_LIMIT * sizeof<usize>());
  }

  /**
   * Looks for the header `name` (lower case, shorter than 64 bytes) from now on. Returns the existing field if there is
   * one.
   */
  want(name: Slice): Field {
    let known = this.find(name.at, name.size);
    if (known !== 0) return changetype<Field>(known);
    let field = new Field();
    // A wanted name stays wanted even after the configuration that asked for it is gone.
    field.name = heap.alloc(name.size);
    memory.copy(field.name, name.at, name.size);
    field.nameSize = name.size;
    field.next = this.first;
    this.first = changetype<usize>(field);
    let sameSize = this.bySize + <usize>name.size * sizeof<usize>();
    field.nextOfSize = load<usize>(sameSize);
    store<usize>(sameSize, this.first);
    return field;
  }

  /** Like want(), for a header that pack() includes. */
  save(name: Slice): Field {
    let field = this.want(name);
    field.isSaved = true;
    return field;
  }

  /** The number of bytes that pack() writes. Call it right before pack(). */
  packedSize(most: u32): u32 {
    let size: u32 = 4;
    let count: u32 = 0;
    for (let at = this.first; at !== 0; at = changetype<Field>(at).next) {
      let field = changetype<Field>(at);
      if (!field.isSaved || field.seen === 0) continue;
      size += 8 + field.nameSize + 1 + cutSize(field.at, field.size, most) + 1;
      count++;
    }
    this.packedCount = count;
    return size;
  }

  /** Writes the saved headers of the last scan() at `to` as pairs for scan(): first values only, cut to `most` bytes. */
  pack(to: usize, most: u32): void {
    let count = this.packedCount;
    store<u32>(to, count);
    let sizes = to + 4;
    let out = sizes + <usize>count * 8;
    for (let at = this.first; at !== 0; at = changetype<Field>(at).next) {
      let field = changetype<Field>(at);
      if (!field.isSaved || field.seen === 0) continue;
      let size = cutSize(field.at, field.size, most);
      store<u32>(sizes, field.nameSize);
      store<u32>(sizes, size, 4);
      sizes += 8;
      copyShort(out, field.name, field.nameSize);
      out += field.nameSize;
      store<u8>(out++, 0);
      copyShort(out, field.at, size);
      out += size;
      store<u8>(out++, 0);
    }
  }

  /** Forgets the results of an earlier scan. */
  clear(): void {
    this.total = 0;
    for (let at = this.first; at !== 0; at = changetype<Field>(at).next) changetype<Field>(at).forget();
  }

  /**
   * Finds the wanted headers in the pairs of one header map. The fields point into it. False if the pairs are
   * malformed.
   */
  scan(pairs: usize, size: u32): bool {
    this.clear();
    this.pairs = pairs;
    if (size < 4) return size === 0;
    let count = load<u32>(pairs);
    let end = <u64>pairs + size;
    if (count > (size - 4) / 8) return false;
    let sizes = pairs + 4;
    let at = sizes + <usize>count * 8;
    for (let i: u32 = 0; i < count; i++, sizes += 8) {
      let nameSize = load<u32>(sizes);
      let valueSize = load<u32>(sizes, 4);
      let value = <u64>at + nameSize + 1;
      if (value + valueSize + 1 > end) return false;
      this.total += <u64>nameSize + valueSize;
      let found = this.find(at, nameSize);
      if (found !== 0) {
        let field = changetype<Field>(found);
        if (field.seen++ === 0) field.set(<usize>value, valueSize);
      }
      at = <usize>value + valueSize + 1;
    }
    return true;
  }

  /** Moves to the first line of a header; false if it has none. Only after a successful scan(). */
  firstLine(field: Field): bool {
    this.lineAt = field.at;
    this.lineSize = field.size;
    if (field.seen > 1) {
      this.left = load<u32>(this.pairs);
      this.sizes = this.pairs + 4;
      this.rest = this.sizes + <usize>this.left * 8;
    }
    return field.seen > 0;
  }

  /** Moves to the next line of the field given to firstLine(); false after the last one. */
  nextLine(field: Field): bool {
    if (field.seen < 2) return false;
    while (this.left > 0) {
      let at = this.rest;
      let nameSize = load<u32>(this.sizes);
      let value = at + nameSize + 1;
      let size = load<u32>(this.sizes, 4);
      this.left--;
      this.sizes += 8;
      this.rest = value + size + 1;
      if (value <= this.lineAt || !sameBytes(field.name, field.nameSize, at, nameSize)) continue;
      this.lineAt = value;
      this.lineSize = size;
      return true;
    }
    return false;
  }

  /** The field with this name, or 0. */
  private find(name: usize, nameSize: u32): usize {
    if (nameSize >= NAME_LIMIT) return 0;
    let at = load<usize>(this.bySize + <usize>nameSize * sizeof<usize>());
    while (at !== 0 && !sameStart(changetype<Field>(at).name, name, nameSize)) at = changetype<Field>(at).nextOfSize;
    return at;
  }
}

/** Encodes headers as pairs for the host, in the current Region. */
export function encodePairs(names: string[], values: string[]): Slice {
  let count = names.length;
  let size: usize = 4;
  for (let i = 0; i < count; i++) {
    size += 8 + String.UTF8.byteLength(names[i]) + 1 + String.UTF8.byteLength(values[i]) + 1;
  }
  let start = retain(size);
  store<u32>(start, count);
  let sizes = start + 4;
  let at = sizes + <usize>count * 8;
  for (let i = 0; i < count; i++, sizes += 8) {
    let nameSize = writeTerminated(at, names[i]);
    at += nameSize + 1;
    let valueSize = writeTerminated(at, values[i]);
    at += valueSize + 1;
    store<u32>(sizes, nameSize);
    store<u32>(sizes, valueSize, 4);
  }
  return over(start, <u32>size);
}

/** Writes `value` and a NUL after it. Returns the size of the value. */
function writeTerminated(at: usize, value: string): u32 {
  let size = String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at);
  store<u8>(at + size, 0);
  return <u32>size;
}
