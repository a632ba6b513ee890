// New ids.
import { nextId, seed } from "../../../assembly/context/ids";

seed(1, 2);

export function new_id(times: u32): u32 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) sum += nextId();
  return <u32>sum;
}
