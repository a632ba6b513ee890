// Short names of Envoy's response flags (envoy/stream_info/stream_info.h). Envoy writes them in the order in which they
// were set. The bit mask doesn't contain that order, so this file uses the one in which a stream can reach them.
import { allocate } from "../bytes/arena";
import { Slice, text } from "../bytes/slice";

const COMMA: u8 = 0x2c;
const NAMES: Slice = text(
  "LH,DI,FI,RL,UAEX,RLSE,URX,UO,UH,UT,LR,UR,UF,UC,NR,DC,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO",
);
/** The bit number of each name, as that many letters after `@`. */
const BITS: Slice = text("@IJKLMOGABCDEFHNPQRSTUVWXYZ[\\]");
const NONE: Slice = text("-");

/**
 * Points `into` at the names of all set flags, joined by commas, or at `-` if there are none. Unknown bits are skipped.
 */
export function spellFlags(flags: u64, into: Slice): void {
  into.copyFrom(NONE);
  if (flags === 0) return;
  let out = allocate(NAMES.size + 1);
  let end = out;
  let at = NAMES.at;
  let namesEnd = at + NAMES.size;
  for (let bit = BITS.at; at < namesEnd; bit++) {
    let from = at;
    while (at < namesEnd && load<u8>(at) !== COMMA) at++;
    if ((flags >> (load<u8>(bit) & 63)) & 1) {
      memory.copy(end, from, at - from);
      end += at - from;
      store<u8>(end++, COMMA);
    }
    at++;
  }
  if (end > out) into.set(out, <u32>(end - out) - 1);
}
