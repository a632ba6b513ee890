// Makes a request carry its context. Either Lightspan changes the headers itself, which makes Envoy choose the route again, or
// it sets filter states, and a header_mutation of Envoy's after it writes those into the headers and leaves the route alone.
// Knows the names of the states; refuses to know which headers a context needs.
import { Slice, text } from "../bytes/slice";
import { carrier, TRACESTATE } from "../context/carrier";
import { TraceContext } from "../context/context";
import { Edit, editAt, editCount, inject, injectWhole, removes } from "../context/inject";
import { Propagation } from "../context/propagation";
import { joinLines } from "../context/tracestate";
import { removeHeader, replaceHeader, REQUEST } from "../host/headers";
import { writeProperty } from "../host/properties";
import { OK } from "../host/status";

/** `1` where trace headers that arrived have to go: all are removed then, and the states hold every header that stays. */
const REMOVE: Slice = text("lightspan.remove");
const YES: Slice = text("1");
/** The state of a header has the header's name after this. */
const PREFIX: Slice = text("lightspan.");
/** Room for PREFIX and the name of any trace header. */
const pathText: usize = heap.alloc(32);
memory.copy(pathText, PREFIX.at, PREFIX.size);
const path: Slice = new Slice();
const wholeTracestate: Slice = new Slice();

function writeHeader(edit: Edit): u32 {
  return edit.size > 0
    ? replaceHeader(REQUEST, edit.name, edit.nameSize, edit.at, edit.size)
    : removeHeader(REQUEST, edit.name, edit.nameSize);
}

function writeState(name: usize, nameSize: u32, value: usize, size: u32): u32 {
  memory.copy(pathText + PREFIX.size, name, nameSize);
  path.set(pathText, PREFIX.size + nameSize);
  return writeProperty(path, value, size);
}

function writeStates(context: TraceContext, propagation: Propagation, keepsTracestate: bool): u32 {
  let all = OK;
  let removing = removes;
  if (removing) injectWhole(context, propagation, keepsTracestate);
  for (let i: u32 = 0; i < editCount; i++) {
    let edit = editAt(i);
    let status = edit.size > 0 ? writeState(edit.name, edit.nameSize, edit.at, edit.size) : OK;
    if (status !== OK) all = status;
  }
  if (!removing) return all;
  if (keepsTracestate && !propagation.strip) {
    joinLines(carrier, TRACESTATE, wholeTracestate);
    let status = writeState(TRACESTATE.name, TRACESTATE.nameSize, wholeTracestate.at, wholeTracestate.size);
    if (status !== OK) all = status;
  }
  let status = writeProperty(REMOVE, YES.at, YES.size);
  return status !== OK ? status : all;
}

/** Makes the carrier's request carry `context`; the status of a write that the host refused, else OK. */
export function writeContext(context: TraceContext, propagation: Propagation, keepsTracestate: bool): u32 {
  inject(context, propagation, keepsTracestate);
  if (propagation.viaStates) return writeStates(context, propagation, keepsTracestate);
  let all = OK;
  for (let i: u32 = 0; i < editCount; i++) {
    let status = writeHeader(editAt(i));
    if (status !== OK) all = status;
  }
  return all;
}
