// The protobuf wire format, written through a moving pointer and read back through a cursor
// (https://protobuf.dev/programming-guides/encoding). No message is known here. Writers check no bounds: the caller
// makes room first, by the sizes given here. Field numbers are below 16, so that every key is one byte.

import { copyShort } from "./slice";

export const VARINT: u32 = 0;
export const FIXED64: u32 = 1;
export const BYTES: u32 = 2;
export const FIXED32: u32 = 5;

export function varintSize(value: u64): u32 {
  return ((63 - <u32>clz(value | 1)) * 9 + 73) >> 6;
}

export function writeVarint(at: usize, value: u64): usize {
  for (; value > 127; value >>= 7) store<u8>(at++, (<u32>value) | 128);
  store<u8>(at, <u32>value);
  return at + 1;
}

export function writeKey(at: usize, field: u32, wireType: u32): usize {
  store<u8>(at, (field << 3) | wireType);
  return at + 1;
}

export function writeVarintField(at: usize, field: u32, value: u64): usize {
  return writeVarint(writeKey(at, field, VARINT), value);
}

/** Encoded size of a field of `size` bytes, its key and length included. */
export function bytesFieldSize(size: u32): u32 {
  return 1 + varintSize(size) + size;
}

/** Key and length of a field whose `size` bytes the caller writes next. */
export function writeBytesHead(at: usize, field: u32, size: u32): usize {
  return writeVarint(writeKey(at, field, BYTES), size);
}

export function writeBytesField(at: usize, field: u32, from: usize, size: u32): usize {
  at = writeBytesHead(at, field, size);
  memory.copy(at, from, size);
  return at + size;
}

/** As writeBytesHead(), of fewer than 128 bytes: most fields are, and need not be asked how long their length is. */
export function writeShortHead(at: usize, field: u32, size: u32): usize {
  store<u16>(at, (field << 3) | BYTES | (size << 8));
  return at + 2;
}

/** As writeBytesField(), of fewer than 128 bytes. */
export function writeShortField(at: usize, field: u32, from: usize, size: u32): usize {
  at = writeShortHead(at, field, size);
  copyShort(at, from, size);
  return at + size;
}

/** What openBytes() leaves free for the length: enough for messages below 16 KiB without moving them. */
const LENGTH_RESERVE: usize = 2;

/** Begins a field whose size is not known yet; returns where its content goes. closeBytes() must follow. */
export function openBytes(at: usize, field: u32): usize {
  return writeKey(at, field, BYTES) + LENGTH_RESERVE;
}

/** Ends the field whose content is [content, end): writes its length, moving the content if that needs other room. */
export function closeBytes(content: usize, end: usize): usize {
  let size = end - content;
  let head = content - LENGTH_RESERVE;
  let moved = head + varintSize(size);
  if (moved !== content) memory.copy(moved, content, size);
  writeVarint(head, size);
  return moved + size;
}

/** Bytes of a padded length. */
const PADDED: usize = 4;

/** Begins a field whose size is known only much later; returns where its content goes. closePadded() must follow. */
export function openPadded(at: usize, field: u32): usize {
  return writeKey(at, field, BYTES) + PADDED;
}

/**
 * Ends the field whose content is [content, end), below 256 MiB, without moving it: its length is a varint of four bytes
 * whatever it is. Decoders take varints that are longer than need be.
 */
export function closePadded(content: usize, end: usize): void {
  let size = <u32>(end - content);
  let at = content - PADDED;
  for (let i: usize = 0; i < PADDED - 1; i++, size >>= 7) store<u8>(at + i, (size & 127) | 128);
  store<u8>(at + PADDED - 1, size & 127);
}

export function writeFixed64Field(at: usize, field: u32, value: u64): usize {
  at = writeKey(at, field, FIXED64);
  store<u64>(at, value);
  return at + 8;
}

/** The address behind the length-delimited field at `at`, which was written here. */
export function fieldEnd(at: usize): usize {
  let size: usize = 0;
  let shift: usize = 0;
  let byte: usize;
  do {
    byte = load<u8>(++at);
    size |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127);
  return at + 1 + size;
}

/** Goes through the fields of one message. Whatever the bytes are, it ends, and reads nothing outside of them. */
export class Cursor {
  /** Number and wire type of the field that advance() found. */
  field: u32 = 0;
  wireType: u32 = 0;
  /** Value of a varint. */
  value: u64 = 0;
  /** Content of a length-delimited field. */
  at: usize = 0;
  size: u32 = 0;
  /** True once something was met that is no protobuf. */
  malformed: bool = false;

  private next: usize = 0;
  private end: usize = 0;

  constructor(at: usize, size: u32) {
    this.open(at, at + size);
  }

  /** Begins anew, with the message [at, end). */
  open(at: usize, end: usize): void {
    this.next = at;
    this.end = end;
    this.malformed = false;
  }

  /** Steps to the next field; false at the end and at anything malformed. */
  advance(): bool {
    if (this.malformed || this.next >= this.end) return false;
    let key = this.varint();
    this.field = <u32>(key >> 3);
    this.wireType = (<u32>key) & 7;
    if (this.wireType === VARINT) this.value = this.varint();
    else if (this.wireType === FIXED64) this.skip(8);
    else if (this.wireType === FIXED32) this.skip(4);
    else if (this.wireType === BYTES) this.skip(this.varint());
    else this.malformed = true;
    return !this.malformed;
  }

  private varint(): u64 {
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 64 && this.next < this.end; shift += 7) {
      let byte = <u64>load<u8>(this.next++);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    this.malformed = true;
    return 0;
  }

  private skip(size: u64): void {
    if (size > <u64>(this.end - this.next)) {
      this.malformed = true;
      return;
    }
    this.at = this.next;
    this.size = <u32>size;
    this.next += <usize>size;
  }
}
