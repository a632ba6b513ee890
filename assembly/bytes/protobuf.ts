// The protobuf wire format, written through a moving pointer and read through a cursor
// (https://protobuf.dev/programming-guides/encoding). It knows no message. Writers check no bounds: the caller reserves
// room first, using the sizes given here. Field numbers must be below 16, so that every key is one byte.

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

/** Writes the key and length of a field; the caller writes its `size` bytes next. */
export function writeBytesHead(at: usize, field: u32, size: u32): usize {
  return writeVarint(writeKey(at, field, BYTES), size);
}

export function writeBytesField(at: usize, field: u32, from: usize, size: u32): usize {
  at = writeBytesHead(at, field, size);
  memory.copy(at, from, size);
  return at + size;
}

/** Like writeBytesHead(), for fewer than 128 bytes: most fields are that short, and their length is always one byte. */
export function writeShortHead(at: usize, field: u32, size: u32): usize {
  store<u16>(at, (field << 3) | BYTES | (size << 8));
  return at + 2;
}

/** Like writeBytesField(), for fewer than 128 bytes. */
export function writeShortField(at: usize, field: u32, from: usize, size: u32): usize {
  at = writeShortHead(at, field, size);
  copyShort(at, from, size);
  return at + size;
}

/** Bytes that openBytes() reserves for the length: messages below 16 KiB but not below 128 bytes need not be moved. */
const LENGTH_RESERVE: usize = 2;

/** Begins a field of unknown size and returns where its content goes. closeBytes() must follow. */
export function openBytes(at: usize, field: u32): usize {
  return writeKey(at, field, BYTES) + LENGTH_RESERVE;
}

/** Ends the field with content [content, end): writes its length and moves the content if that isn't two bytes long. */
export function closeBytes(content: usize, end: usize): usize {
  let size = end - content;
  let head = content - LENGTH_RESERVE;
  let moved = head + varintSize(size);
  if (moved !== content) memory.copy(moved, content, size);
  writeVarint(head, size);
  return moved + size;
}

/** Size of a padded length, in bytes. */
const PADDED: usize = 4;

/** Begins a field whose size is known only much later. Returns where its content goes. closePadded() must follow. */
export function openPadded(at: usize, field: u32): usize {
  return writeKey(at, field, BYTES) + PADDED;
}

/**
 * Ends the field with content [content, end), which is below 256 MiB, without moving it: the length is always a
 * four-byte varint. Decoders accept varints that are longer than necessary.
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

/** The address just past the length-delimited field at `at`, which must have been written by this file. */
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

/** Steps through the fields of one message. For any bytes at all it terminates and reads nothing outside them. */
export class Cursor {
  /** Number and wire type of the field found by advance(). */
  field: u32 = 0;
  wireType: u32 = 0;
  /** Value of a varint. */
  value: u64 = 0;
  /** Content of a length-delimited field. */
  at: usize = 0;
  size: u32 = 0;
  /** True once the bytes turn out not to be protobuf. */
  malformed: bool = false;

  private next: usize = 0;
  private end: usize = 0;

  constructor(at: usize, size: u32) {
    this.open(at, at + size);
  }

  /** Starts over with the message [at, end). */
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
