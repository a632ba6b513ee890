// One `traceparent`, for the specs of reading and of writing.
import { Field } from "../../../../assembly/bytes/fields";
import { Slice, toText } from "../../../../assembly/bytes/slice";
import { TraceContext } from "../../../../assembly/context/context";
import { readTraceparent, TRACEPARENT_SIZE, writeTraceparent } from "../../../../assembly/context/tracecontext";
import { Bytes, fence } from "../bytes";

export const EXAMPLE: string = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
export const IDS: string = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

/** Read() fills this context; write() writes it. */
export const context = new TraceContext();
export const field = new Field();

/** Reads `size` bytes that end where memory ends: a read beyond them fails the test. */
export function readBytes(at: usize, size: u32): u32 {
  field.at = fence(at, size);
  field.size = size;
  field.seen = 1;
  return readTraceparent(field, context);
}

export function read(value: string): u32 {
  let bytes = new Bytes().text(value);
  return readBytes(bytes.at, bytes.size);
}

/** The output of write(), followed by a few bytes that must stay `#`. */
export const place = new Bytes().repeat(0x23, TRACEPARENT_SIZE + 9);
const written = new Slice();

export function write(): string {
  written.set(place.at, <u32>(writeTraceparent(place.at, context) - place.at));
  return toText(written);
}
