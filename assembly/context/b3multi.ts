// B3's multiple headers (https://github.com/openzipkin/b3-propagation#multiple-headers):
//
//   x-b3-traceid: 80f198ee56343ba864fe8b2a57d3eff7     16 or 32 digits
//   x-b3-spanid: e457b5a2e4d86bd1                      with the trace id or not at all
//   x-b3-parentspanid: 05e3ac9a4f6e3b90                absent at the root
//   x-b3-sampled: 1                                    0 deny | 1 accept; true and false are taken, never written
//   x-b3-flags: 1                                      debug, without x-b3-sampled; other values mean nothing
import { Field } from "../bytes/fields";
import { writeHex } from "../bytes/hex";
import { Slice, text } from "../bytes/slice";
import { carrier } from "./carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "./context";
import { Edits } from "./edits";
import { ABSENT, MALFORMED, Propagator, READ } from "./propagator";
import { readParentId, readSpanId, readTraceId, writeTraceId } from "./spelling";

const TRACE_ID: Field = carrier.want(text("x-b3-traceid"));
const SPAN_ID: Field = carrier.want(text("x-b3-spanid"));
const PARENT_SPAN_ID: Field = carrier.want(text("x-b3-parentspanid"));
const SAMPLED: Field = carrier.want(text("x-b3-sampled"));
const FLAGS: Field = carrier.want(text("x-b3-flags"));

// `true`, and the first four letters of `false`: ASCII, little end first. The bits of LOWER_CASE make letters lower-case.
const TRUE: u32 = 0x65757274;
const FALSE_START: u32 = 0x736c6166;
const LOWER_CASE: u32 = 0x20202020;

/** Reads `x-b3-sampled` into `into.decision`; false if it is malformed. */
function readSampled(value: Slice, into: TraceContext): bool {
  let at = value.at;
  let size = value.size;
  if (size === 1) {
    let byte = load<u8>(at);
    into.decision = byte === 0x31 ? ACCEPT : DENY;
    return byte === 0x30 || byte === 0x31;
  }
  if (size === 4 && (load<u32>(at) | LOWER_CASE) === TRUE) {
    into.decision = ACCEPT;
    return true;
  }
  into.decision = DENY;
  return size === 5 && (load<u32>(at) | LOWER_CASE) === FALSE_START && (load<u8>(at, 4) | 0x20) === 0x65;
}

// These last until the edits are carried out.
const traceIdText: usize = memory.data(32);
const spanIdText: usize = memory.data(16);
const parentIdText: usize = memory.data(16);
const ZERO: Slice = text("0");
const ONE: Slice = text("1");

class B3Multi extends Propagator {
  extract(into: TraceContext): u32 {
    into.clear();
    if (FLAGS.size === 1 && load<u8>(FLAGS.at) === 0x31) into.decision = DEBUG;
    else if (SAMPLED.size > 0 && !readSampled(SAMPLED, into)) return MALFORMED;

    if ((TRACE_ID.size | SPAN_ID.size | PARENT_SPAN_ID.size) === 0) return into.decision === DEFER ? ABSENT : READ;
    if (!readTraceId(TRACE_ID.at, TRACE_ID.size, into)) return MALFORMED;
    if (!readSpanId(SPAN_ID.at, SPAN_ID.size, into)) return MALFORMED;
    if (PARENT_SPAN_ID.size > 0 && !readParentId(PARENT_SPAN_ID.at, PARENT_SPAN_ID.size, into)) return MALFORMED;
    return READ;
  }

  inject(context: TraceContext, edits: Edits): void {
    let traceIdSize: u32 = 0;
    let spanIdSize: u32 = 0;
    let parentIdSize: u32 = 0;
    if (context.hasIds) {
      traceIdSize = <u32>(writeTraceId(traceIdText, context) - traceIdText);
      spanIdSize = <u32>(writeHex(spanIdText, context.spanId) - spanIdText);
      if (context.parentId !== 0) parentIdSize = <u32>(writeHex(parentIdText, context.parentId) - parentIdText);
    }
    edits.set(TRACE_ID, traceIdText, traceIdSize);
    edits.set(SPAN_ID, spanIdText, spanIdSize);
    edits.set(PARENT_SPAN_ID, parentIdText, parentIdSize);
    let decided = context.decision === DENY || context.decision === ACCEPT;
    edits.set(SAMPLED, context.decision === DENY ? ZERO.at : ONE.at, decided ? 1 : 0);
    edits.set(FLAGS, ONE.at, context.decision === DEBUG ? 1 : 0);
  }
}

export const b3multi: Propagator = new B3Multi("b3multi", [TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS], false);
