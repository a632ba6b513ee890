// How B3 spells ids, in both of its forms: hexadecimal, written lower-case in full width, 16 digits or 32.
// Read as leniently as Envoy does: either case, and shorter ids stand for ids with zeros in front. Where a form has fixed
// widths, its reader holds them.
import { HexNumber, writeHex } from "../bytes/hex";
import { TraceContext } from "./context";

const hex: HexNumber = new HexNumber();

/** Reads a trace id of 1 to 32 digits, not all zero; more than 16 make it wide. */
export function readTraceId(at: usize, size: u32, into: TraceContext): bool {
  let high: u64 = 0;
  let wide = size > 16;
  if (wide) {
    if (!hex.read(at, size - 16)) return false;
    high = hex.value;
    at += size - 16;
    size = 16;
  }
  if (!hex.read(at, size)) return false;
  into.traceHigh = high;
  into.traceLow = hex.value;
  into.wide = wide;
  return into.hasIds;
}

/** Reads a span id of 1 to 16 digits, not all zero. */
export function readSpanId(at: usize, size: u32, into: TraceContext): bool {
  if (!hex.read(at, size) || hex.value === 0) return false;
  into.spanId = hex.value;
  return true;
}

/** Reads a parent's span id of 1 to 16 digits; all zero says that there is no parent. */
export function readParentId(at: usize, size: u32, into: TraceContext): bool {
  if (!hex.read(at, size)) return false;
  into.parentId = hex.value;
  return true;
}

/** Writes the trace id in its own width; returns the address behind it. */
export function writeTraceId(at: usize, context: TraceContext): usize {
  if (context.wide) at = writeHex(at, context.traceHigh);
  return writeHex(at, context.traceLow);
}
