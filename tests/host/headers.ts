// A header map as Envoy keeps it: repeated names stay apart, names are found by their lower-case form, a replaced header
// moves to the end.

/** Bytes as a test writes them: a Uint8Array, or a string with one character for each byte (latin1). */
export type Bytes = string | Uint8Array;
export type Header = readonly [name: string, value: string];
export type Headers = HeaderMap | readonly (readonly [name: Bytes, value: Bytes])[];

export function latin1(bytes: Bytes): string {
  return typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
}

function toHeader(header: readonly [Bytes, Bytes]): Header {
  const [name, value] = header;
  return typeof name === "string" && typeof value === "string" ? (header as Header) : [latin1(name), latin1(value)];
}

export class HeaderMap {
  readonly headers: Header[];
  /** What `pairs` returned; null after a change. */
  private written: Buffer | null = null;

  private constructor(headers: Header[]) {
    this.headers = headers;
  }

  /** A map that can be changed without changing `headers`. */
  static from(headers: Headers): HeaderMap {
    if (!(headers instanceof HeaderMap)) return new HeaderMap(headers.map(toHeader));
    const copy = new HeaderMap(headers.headers.slice());
    copy.written = headers.pairs();
    return copy;
  }

  /** As pairs: u32 count, u32 sizes of each name and value, then each with a NUL after it. No bytes if it is empty. */
  pairs(): Buffer {
    return (this.written ??= writePairs(this.headers));
  }

  /** The first value of `name`. */
  get(name: string): string | undefined {
    for (const header of this.headers) if (header[0] === name) return header[1];
    return undefined;
  }

  remove(name: string): void {
    const headers = this.headers;
    let kept = 0;
    for (const header of headers) if (header[0] !== name) headers[kept++] = header;
    if (kept === headers.length) return;
    headers.length = kept;
    this.written = null;
  }

  replace(name: string, value: string): void {
    this.remove(name);
    this.headers.push([name, value]);
    this.written = null;
  }
}

function writePairs(headers: readonly Header[]): Buffer {
  if (headers.length === 0) return Buffer.alloc(0);
  const sizes = new Uint32Array(1 + 2 * headers.length);
  sizes[0] = headers.length;
  let text = "";
  let at = 1;
  for (const [name, value] of headers) {
    sizes[at++] = name.length;
    sizes[at++] = value.length;
    text += name + "\0" + value + "\0";
  }
  const pairs = Buffer.allocUnsafe(sizes.byteLength + text.length);
  pairs.set(new Uint8Array(sizes.buffer));
  pairs.write(text, sizes.byteLength, "latin1");
  return pairs;
}

const MAX_PAIRS = 1024;
const MAX_PAIRS_SIZE = 1 << 20;

/** The headers in a block of pairs from the module; empty if the block is too large or malformed, as in Envoy. */
export function readPairs(block: Uint8Array): Header[] {
  if (block.length < 4 || block.length > MAX_PAIRS_SIZE) return [];
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const count = view.getUint32(0, true);
  if (count > MAX_PAIRS || 4 + count * 8 > block.length) return [];
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
  const headers: Header[] = [];
  let at = 4 + count * 8;
  for (let i = 0; i < count; i++) {
    const value = at + view.getUint32(4 + i * 8, true) + 1;
    const end = value + view.getUint32(8 + i * 8, true);
    if (end >= block.length) return [];
    headers.push([bytes.toString("latin1", at, value - 1), bytes.toString("latin1", value, end)]);
    at = end + 1;
  }
  return headers;
}
