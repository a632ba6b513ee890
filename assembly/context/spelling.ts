// How both forms of B3 spell ids: hexadecimal, written lower-case in full width, 16 or 32 digits. They are read as
// leniently as in Envoy: either case, and a shorter id is padded with zeros in front. A form with fixed widths checks
// them in its own reader.
import { Fixed } from "../bytes/fixed";
import { HexNumber, writeHex } from "../bytes/hex";
import { TraceContext } from "./context";

const hex = Fixed.record<HexNumber>();

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

/** Reads a parent's span id of 1 to 16 digits; all zero means that there is no parent. */
export function readParentId(at: usize, size: u32, into: TraceContext): bool {
  if (!hex.read(at, size)) return false;
  into.parentId = hex.value;
  return true;
}

/** Writes the trace id in its own width and returns the address just past it. */
export function writeTraceId(at: usize, context: TraceContext): usize {
  if (context.wide) at = writeHex(at, context.traceHigh);
  return writeHex(at, context.traceLow);
}
