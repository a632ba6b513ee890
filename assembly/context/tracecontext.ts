// W3C Trace Context, level 2 (https://www.w3.org/TR/trace-context-2/#traceparent-header):
//
//   traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//                version, trace id, parent id, flags: 2, 32, 16 and 2 lower-case digits
//
// Strict, as the specification is. Later versions are read by the fields of version 00 and written as 00. Of the flags,
// bit 0 says sampled and bit 1 that the trace id is random; the others mean nothing yet and go out as zero.
// `tracestate` is the companion of `traceparent`: it goes on with it, or not at all. It goes on untouched, unless
// Lightspan says in it with which probability it sampled the trace.
import { Field } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { HexNumber, isLowerCase, writeHex } from "../bytes/hex";
import { Slice, text } from "../bytes/slice";
import { carrier } from "./carrier";
import { ACCEPT, DENY, TraceContext } from "./context";
import { Edits } from "./edits";
import { ABSENT, MALFORMED, Propagator, READ } from "./propagator";
import { writeThreshold } from "./threshold";
import { isTracestate, joinLines } from "./tracestate";

export const TRACEPARENT: Field = carrier.want(text("traceparent"));
export const TRACESTATE: Field = carrier.want(text("tracestate"));

/** Bytes of a `traceparent` of version 00; later versions are not shorter. */
export const TRACEPARENT_SIZE: u32 = 55;

const TRACE_ID: usize = 3;
const PARENT_ID: usize = 36;
const FLAGS: usize = 53;

const SAMPLED: u32 = 1;
const RANDOM: u32 = 2;

const DASH: u8 = 0x2d;

const hex = Fixed.record<HexNumber>();

/** Reads a `traceparent` into `into`, which is undefined unless READ is returned. Empty is ABSENT, repeated is MALFORMED. */
export function readTraceparent(field: Field, into: TraceContext): u32 {
  if (field.size === 0) return field.seen > 1 ? MALFORMED : ABSENT;
  let at = field.at;
  let size = field.size;
  if (field.seen > 1 || size < TRACEPARENT_SIZE) return MALFORMED;
  if (!isLowerCase(at, TRACEPARENT_SIZE) || !hex.read(at, 2)) return MALFORMED;
  let version = <u32>hex.value;
  if (version === 0xff || (version === 0 && size > TRACEPARENT_SIZE)) return MALFORMED;
  if (size > TRACEPARENT_SIZE && load<u8>(at + TRACEPARENT_SIZE) !== DASH) return MALFORMED;
  if (load<u8>(at, TRACE_ID - 1) !== DASH) return MALFORMED;
  if (load<u8>(at, PARENT_ID - 1) !== DASH || load<u8>(at, FLAGS - 1) !== DASH) return MALFORMED;

  into.clear();
  into.wide = true;
  if (!hex.read(at + TRACE_ID, 16)) return MALFORMED;
  into.traceHigh = hex.value;
  if (!hex.read(at + TRACE_ID + 16, 16)) return MALFORMED;
  into.traceLow = hex.value;
  if (!hex.read(at + PARENT_ID, 16) || hex.value === 0 || !into.hasIds) return MALFORMED;
  into.spanId = hex.value;
  if (!hex.read(at + FLAGS, 2)) return MALFORMED;
  let flags = <u32>hex.value;
  into.decision = (flags & SAMPLED) !== 0 ? ACCEPT : DENY;
  into.random = (flags & RANDOM) !== 0;
  return READ;
}

/** Writes `context`, which has ids, at `at`, where TRACEPARENT_SIZE bytes are free, and returns the address just past it. */
export function writeTraceparent(at: usize, context: TraceContext): usize {
  store<u16>(at, 0x3030);
  store<u8>(at, DASH, 2);
  at = writeHex(writeHex(at + TRACE_ID, context.traceHigh), context.traceLow);
  store<u8>(at, DASH);
  at = writeHex(at + 1, context.spanId);
  let flags: u32 = (context.sampled ? SAMPLED : 0) | (context.random ? RANDOM : 0);
  store<u8>(at, DASH);
  store<u8>(at, 0x30, 1);
  store<u8>(at, 0x30 + flags, 2);
  return at + 3;
}

// These last until the edits are carried out.
const value: usize = memory.data(TRACEPARENT_SIZE);
const joined = Fixed.record<Slice>();
/** What `traceparent` says, if another format gave the context. */
const companion = Fixed.record<TraceContext>();

/**
 * Adds what `traceparent` says of B3's trace. If they name two spans, that of `traceparent` is the nearer one: an SDK
 * wrote it, and the application forwarded B3. Its parent is not known. But B3's span stays if it is a child of the other
 * one, which a tracer that knows B3 alone has passed on; or if only B3's was recorded, since a parent that nobody
 * recorded would leave a gap.
 */
function reconcile(b3: TraceContext, traceparent: TraceContext): void {
  b3.random = traceparent.random;
  b3.flipsSampled = !b3.sampled && traceparent.sampled;
  if (traceparent.spanId === b3.spanId || traceparent.spanId === b3.parentId) return;
  if (b3.decision !== DENY && !traceparent.sampled) return;
  b3.spanId = traceparent.spanId;
  b3.parentId = 0;
}

class W3C extends Propagator {
  extract(into: TraceContext): u32 {
    return readTraceparent(TRACEPARENT, into);
  }

  /**
   * Adds to `into` what W3C's headers say beyond it. If it `isOwn`, they gave it; otherwise they count only if they tell of
   * the same trace.
   */
  complete(into: TraceContext, isOwn: bool): void {
    if (TRACEPARENT.size === 0) return;
    if (!isOwn) {
      if (readTraceparent(TRACEPARENT, companion) !== READ || !companion.sameTrace(into)) return;
      reconcile(into, companion);
    }
    into.keepsTracestate = TRACESTATE.seen > 0 && isTracestate(carrier, TRACESTATE);
  }

  inject(context: TraceContext, edits: Edits): void {
    if (context.hasIds) edits.set(TRACEPARENT, value, <u32>(writeTraceparent(value, context) - value));
    else edits.remove(TRACEPARENT);
    joined.clear();
    if (context.keepsTracestate) joinLines(carrier, TRACESTATE, joined);
    if (context.setsThreshold) {
      writeThreshold(joined, context.threshold);
      edits.set(TRACESTATE, joined.at, joined.size);
    } else if (context.keepsTracestate) edits.keep(TRACESTATE, joined);
    else edits.remove(TRACESTATE);
  }
}

export const tracecontext: W3C = new W3C("tracecontext", [TRACEPARENT, TRACESTATE], true);
