// Makes a request carry its context. Either Lightspan changes the headers itself, and Envoy chooses the route again; or
// it sets filter states, which Envoy's own header_mutation then writes into the headers, and the route stays. It knows
// the names of the states and refuses to know which headers a context needs.
import { NAME_LIMIT } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { TraceContext } from "../context/context";
import { Edit } from "../context/edits";
import { inject } from "../context/inject";
import { Propagation } from "../context/propagation";
import { removeHeader, replaceHeader, REQUEST } from "../host/headers";
import { writeProperty } from "../host/properties";
import { OK } from "../host/status";

/** Set to `1` if trace headers that arrived have to go: all of them are removed then, and the states hold each one that stays. */
const REMOVE: Slice = text("lightspan.remove");
const YES: Slice = text("1");
/** A header's state is named after the header, with this in front. */
const PREFIX: Slice = text("lightspan.");
const pathText: usize = heap.alloc(PREFIX.size + NAME_LIMIT);
memory.copy(pathText, PREFIX.at, PREFIX.size);
const path = Fixed.record<Slice>();

function writeHeader(edit: Edit): u32 {
  let header = edit.header;
  return edit.size > 0
    ? replaceHeader(REQUEST, header.name, header.nameSize, edit.at, edit.size)
    : removeHeader(REQUEST, header.name, header.nameSize);
}

function writeState(edit: Edit): u32 {
  if (edit.size === 0) return OK;
  let header = edit.header;
  memory.copy(pathText + PREFIX.size, header.name, header.nameSize);
  path.set(pathText, PREFIX.size + header.nameSize);
  return writeProperty(path, edit.at, edit.size);
}

/** Makes the carrier's request carry `context`; returns the status of a write that the host refused, else OK. */
export function writeContext(context: TraceContext, propagation: Propagation): u32 {
  let edits = inject(context, propagation);
  let viaStates = propagation.viaStates;
  let removesAll = viaStates && edits.removes;
  let result = OK;
  for (let i: u32 = 0; i < edits.count; i++) {
    let edit = edits.at(i);
    if (!edit.changes && !removesAll) continue;
    let status = viaStates ? writeState(edit) : writeHeader(edit);
    if (status !== OK) result = status;
  }
  if (!removesAll) return result;
  let status = writeProperty(REMOVE, YES.at, YES.size);
  return status !== OK ? status : result;
}
