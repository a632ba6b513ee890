// The module's memory, as the host accesses it. Views are recreated after the memory has grown. Data for the module
// goes into memory from the module's own malloc(), as in Envoy.

/** Below this size, a loop beats a call into Node's C++. */
const SHORT = 48;

export class Guest {
  /** All of the memory. */
  bytes: Buffer = Buffer.alloc(0);
  /** The module is in malloc(), where Envoy allows hardly any host call. */
  isAllocating = false;
  private view = new DataView(new ArrayBuffer(0));
  private memory: WebAssembly.Memory | undefined;
  private malloc: (size: number) => number = () => 0;

  attach(exports: WebAssembly.Exports): void {
    this.memory = exports.memory as WebAssembly.Memory;
    this.malloc = exports.malloc as (size: number) => number;
  }

  /** Bytes of linear memory. It can only grow. */
  get size(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  /** Must be called whenever the host is entered: growth of the memory empties the old views. */
  refresh(): void {
    if (this.bytes.length > 0 || !this.memory) return;
    this.bytes = Buffer.from(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
  }

  holds(at: number, size: number): boolean {
    return (at >>> 0) + (size >>> 0) <= this.bytes.length;
  }

  /** Bytes as a string of one character each. */
  latin1(at: number, size: number): string {
    const start = at >>> 0;
    return this.bytes.toString("latin1", start, start + (size >>> 0));
  }

  utf8(at: number, size: number): string {
    const start = at >>> 0;
    return this.bytes.toString("utf8", start, start + (size >>> 0));
  }

  /** A copy that outlives the callback. */
  copy(at: number, size: number): Uint8Array {
    const start = at >>> 0;
    return new Uint8Array(this.bytes.subarray(start, start + (size >>> 0)));
  }

  u32(at: number): number {
    return this.view.getUint32(at >>> 0, true);
  }

  setU32(at: number, value: number): void {
    this.view.setUint32(at >>> 0, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.view.setBigUint64(at >>> 0, value, true);
  }

  /** Hands over bytes: their address and size go into the two cells. The address of no bytes is 0. */
  hand(value: Uint8Array, addressCell: number, sizeCell: number): void {
    const at = this.room(value.length);
    this.bytes.set(value, at);
    this.setU32(addressCell, at);
    this.setU32(sizeCell, value.length);
  }

  handText(value: string, addressCell: number, sizeCell: number): void {
    const at = this.room(value.length);
    if (value.length > SHORT) this.bytes.write(value, at, "latin1");
    else for (let i = 0; i < value.length; i++) this.bytes[at + i] = value.charCodeAt(i);
    this.setU32(addressCell, at);
    this.setU32(sizeCell, value.length);
  }

  private room(size: number): number {
    if (size === 0) return 0;
    this.isAllocating = true;
    const at = this.malloc(size) >>> 0;
    this.isAllocating = false;
    this.refresh();
    if (at === 0 || !this.holds(at, size)) throw new Error(`malloc(${size}) gave ${at}`);
    return at;
  }
}
