// Finding the trace headers among all others.
import { Field } from "../../../assembly/bytes/fields";
import { Slice, text } from "../../../assembly/bytes/slice";
import { carrier } from "../../../assembly/context/carrier";
import { B3MULTI, headers } from "./headers";

const TRACE_ID: Field = carrier.want(text("x-b3-traceid"));
const few: Slice = headers(B3MULTI);
const many: Slice = headers(B3MULTI, 40);

function scan(pairs: Slice, times: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < times; i++) {
    carrier.scan(pairs.at, pairs.size);
    found += TRACE_ID.size;
  }
  return found;
}

export function scan_12_headers(times: u32): u32 {
  return scan(few, times);
}

export function scan_52_headers(times: u32): u32 {
  return scan(many, times);
}
