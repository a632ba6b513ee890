// From a context to the header changes that make a request carry it: the fewest, since each one costs a host call and
// clears Envoy's route cache. A format that arrived is rewritten, never left stale; a value that is right stays.
import { Field } from "../bytes/fields";
import { writeHex } from "../bytes/hex";
import { MAX_B3, writeB3 } from "./b3";
import { B3, FLAGS, PARENT_SPAN_ID, SAMPLED, SPAN_ID, TRACE_ID, TRACEPARENT, TRACESTATE } from "./carrier";
import { ACCEPT, DEBUG, DEFER, DENY, TraceContext } from "./context";
import { B3_MULTI, B3_SINGLE, Propagation, TRACECONTEXT } from "./propagation";
import { writeTraceId } from "./spelling";
import { TRACEPARENT_SIZE, writeTraceparent } from "./tracecontext";

/** One header to be replaced by `size` bytes at `at`, or removed where `size` is 0. */
@unmanaged
export class Edit {
  name: usize;
  nameSize: u32;
  at: usize;
  size: u32;
}

const MAX_EDITS: usize = 8;
const edits: usize = heap.alloc(MAX_EDITS * offsetof<Edit>());
/** How many edits the last inject() found. */
export let editCount: u32 = 0;
/** True if one of them removes a header. */
export let removes: bool = false;
/** Headers that are right already are edits as well. */
let isWhole: bool = false;

export function editAt(index: u32): Edit {
  return changetype<Edit>(edits + <usize>index * offsetof<Edit>());
}

// Where the values are spelt. They stay until the next inject().
const traceIdText: usize = heap.alloc(32);
const spanIdText: usize = heap.alloc(16);
const parentIdText: usize = heap.alloc(16);
const b3Text: usize = heap.alloc(MAX_B3);
const traceparentText: usize = heap.alloc(TRACEPARENT_SIZE);
const zero: usize = heap.alloc(1);
const one: usize = heap.alloc(1);
store<u8>(zero, 0x30);
store<u8>(one, 0x31);

/** Wants `field` to hold `size` bytes at `at`; to be gone if `size` is 0. */
function want(field: Field, at: usize, size: u32): void {
  if (size === 0 ? field.seen === 0 : !isWhole && field.holds(at, size)) return;
  if (size === 0) removes = true;
  let edit = editAt(editCount++);
  edit.name = field.name;
  edit.nameSize = field.nameSize;
  edit.at = at;
  edit.size = size;
}

function injectB3Multi(context: TraceContext): void {
  let traceIdSize: u32 = 0;
  let spanIdSize: u32 = 0;
  let parentIdSize: u32 = 0;
  if (context.hasIds) {
    traceIdSize = <u32>(writeTraceId(traceIdText, context) - traceIdText);
    spanIdSize = <u32>(writeHex(spanIdText, context.spanId) - spanIdText);
    if (context.parentId !== 0) parentIdSize = <u32>(writeHex(parentIdText, context.parentId) - parentIdText);
  }
  want(TRACE_ID, traceIdText, traceIdSize);
  want(SPAN_ID, spanIdText, spanIdSize);
  want(PARENT_SPAN_ID, parentIdText, parentIdSize);
  let decided = context.decision === DENY || context.decision === ACCEPT;
  want(SAMPLED, context.decision === DENY ? zero : one, decided ? 1 : 0);
  want(FLAGS, one, context.decision === DEBUG ? 1 : 0);
}

function injectB3(context: TraceContext): void {
  let spelt = context.hasIds || context.decision !== DEFER;
  want(B3, b3Text, spelt ? <u32>(writeB3(b3Text, context) - b3Text) : 0);
}

function injectTracecontext(context: TraceContext, keepsTracestate: bool): void {
  want(
    TRACEPARENT,
    traceparentText,
    context.hasIds ? <u32>(writeTraceparent(traceparentText, context) - traceparentText) : 0,
  );
  if (!keepsTracestate) want(TRACESTATE, 0, 0);
}

function remove(): void {
  want(TRACE_ID, 0, 0);
  want(SPAN_ID, 0, 0);
  want(PARENT_SPAN_ID, 0, 0);
  want(SAMPLED, 0, 0);
  want(FLAGS, 0, 0);
  want(B3, 0, 0);
  want(TRACEPARENT, 0, 0);
  want(TRACESTATE, 0, 0);
}

function broughtB3Multi(): bool {
  return (TRACE_ID.seen | SPAN_ID.seen | PARENT_SPAN_ID.seen | SAMPLED.seen | FLAGS.seen) !== 0;
}

/** Finds the edits for the carrier's request to carry `context`, in the formats of the configuration and those it came in. */
export function inject(context: TraceContext, propagation: Propagation, keepsTracestate: bool): void {
  editCount = 0;
  removes = false;
  if (propagation.strip) return remove();
  let formats = propagation.inject;
  if ((formats & B3_MULTI) !== 0 || broughtB3Multi()) injectB3Multi(context);
  if ((formats & B3_SINGLE) !== 0 || B3.seen !== 0) injectB3(context);
  if ((formats & TRACECONTEXT) !== 0 || (TRACEPARENT.seen | TRACESTATE.seen) !== 0) {
    injectTracecontext(context, keepsTracestate);
  }
}

/** Like inject(), for a request that loses all its trace headers: the right ones get an edit too, except `tracestate`. */
export function injectWhole(context: TraceContext, propagation: Propagation, keepsTracestate: bool): void {
  isWhole = true;
  inject(context, propagation, keepsTracestate);
  isWhole = false;
}
