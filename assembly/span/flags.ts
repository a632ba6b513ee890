// Envoy's response flags by their short names, in the order of their bits (envoy/stream_info/stream_info.h).
import { allocate } from "../bytes/arena";
import { Slice, text } from "../bytes/slice";

const COMMA: u8 = 0x2c;
const NAMES: Slice = text(
  "LH,UH,UT,LR,UR,UF,UC,UO,NR,DI,FI,RL,UAEX,RLSE,DC,URX,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO",
);
const NONE: Slice = text("-");

/** The names of all set bits, comma between them; `-` if there are none. Bits that have no name here are left out. */
export function spellFlags(flags: u64, into: Slice): void {
  into.set(NONE.at, NONE.size);
  if (flags === 0) return;
  let out = allocate(NAMES.size + 1);
  let end = out;
  let at = NAMES.at;
  let namesEnd = at + NAMES.size;
  for (; at < namesEnd && flags !== 0; flags >>= 1) {
    let from = at;
    while (at < namesEnd && load<u8>(at) !== COMMA) at++;
    if (flags & 1) {
      memory.copy(end, from, at - from);
      end += at - from;
      store<u8>(end++, COMMA);
    }
    at++;
  }
  if (end > out) into.set(out, <u32>(end - out) - 1);
}
