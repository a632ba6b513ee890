// Reading a trace context in each of its three formats.
import { Slice, text } from "../../../assembly/bytes/slice";
import { readB3 } from "../../../assembly/context/b3";
import { b3multi } from "../../../assembly/context/b3multi";
import { carrier } from "../../../assembly/context/carrier";
import { TraceContext } from "../../../assembly/context/context";
import { tracecontext } from "../../../assembly/context/tracecontext";
import { B3MULTI, headers } from "./headers";

const b3: Slice = text("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90");
const multi: Slice = headers(B3MULTI);
const w3c: Slice = headers(["traceparent", "00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-01"]);
const context: TraceContext = new TraceContext();

export function parse_b3(times: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < times; i++) sum += readB3(b3.at, b3.size, context) + <u32>context.spanId;
  return sum;
}

export function parse_x_b3(times: u32): u32 {
  let sum: u32 = 0;
  carrier.scan(multi.at, multi.size);
  for (let i: u32 = 0; i < times; i++) sum += b3multi.extract(context) + <u32>context.spanId;
  return sum;
}

export function parse_traceparent(times: u32): u32 {
  let sum: u32 = 0;
  carrier.scan(w3c.at, w3c.size);
  for (let i: u32 = 0; i < times; i++) sum += tracecontext.extract(context) + <u32>context.spanId;
  return sum;
}
