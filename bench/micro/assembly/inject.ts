// Computing the header changes that write a request's trace context.
import { Slice } from "../../../assembly/bytes/slice";
import { b3 } from "../../../assembly/context/b3";
import { b3multi } from "../../../assembly/context/b3multi";
import { carrier } from "../../../assembly/context/carrier";
import { ACCEPT, TraceContext } from "../../../assembly/context/context";
import { inject } from "../../../assembly/context/inject";
import { Propagation } from "../../../assembly/context/propagation";
import { tracecontext } from "../../../assembly/context/tracecontext";
import { B3MULTI, headers } from "./headers";

const fresh: Slice = headers([]);
const continued: Slice = headers(B3MULTI);
const one: Propagation = new Propagation([b3, b3multi, tracecontext], [b3multi], true, false);
const all: Propagation = new Propagation([], [b3multi, b3, tracecontext], true, false);
const context: TraceContext = new TraceContext();

function injectInto(pairs: Slice, propagation: Propagation, times: u32): u32 {
  let edits: u32 = 0;
  carrier.scan(pairs.at, pairs.size);
  context.traceHigh = 0x80f198ee56343ba8;
  context.traceLow = 0x64fe8b2a57d3eff7;
  context.wide = true;
  context.decision = ACCEPT;
  for (let i: u32 = 0; i < times; i++) {
    context.spanId = 0x1000000000000000 + i;
    edits += inject(context, propagation).count;
  }
  return edits;
}

export function inject_x_b3(times: u32): u32 {
  return injectInto(fresh, one, times);
}

export function inject_x_b3_over_x_b3(times: u32): u32 {
  return injectInto(continued, one, times);
}

export function inject_all_three(times: u32): u32 {
  return injectInto(fresh, all, times);
}
