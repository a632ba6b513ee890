import { reset } from "../../../../assembly/bytes/arena";
import { Slice, toText } from "../../../../assembly/bytes/slice";
import { spellFlags } from "../../../../assembly/span/flags";

// envoy/stream_info/stream_info.h and source/common/stream_info/utility.h of Envoy 1.36, by the number of the bit.
const NAMES: string[] = [
  "LH", // 0 failed local health check
  "UH", // 1 no healthy upstream
  "UT", // 2 upstream request timeout
  "LR", // 3 local reset
  "UR", // 4 upstream remote reset
  "UF", // 5 upstream connection failure
  "UC", // 6 upstream connection termination
  "UO", // 7 upstream overflow
  "NR", // 8 no route found
  "DI", // 9 delay injected
  "FI", // 10 fault injected
  "RL", // 11 rate limited
  "UAEX", // 12 unauthorized external service
  "RLSE", // 13 rate limit service error
  "DC", // 14 downstream connection termination
  "URX", // 15 upstream retry limit exceeded
  "SI", // 16 stream idle timeout
  "IH", // 17 invalid Envoy request headers
  "DPE", // 18 downstream protocol error
  "UMSDR", // 19 upstream max stream duration reached
  "RFCF", // 20 response from cache filter
  "NFCF", // 21 no filter config found
  "DT", // 22 duration timeout
  "UPE", // 23 upstream protocol error
  "NC", // 24 no cluster found
  "OM", // 25 overload manager
  "DF", // 26 DNS resolution failed
  "DO", // 27 drop overload
  "DR", // 28 downstream remote reset
  "UDO", // 29 unconditional drop overload
];

const ALL = "LH,DI,FI,RL,UAEX,RLSE,URX,UO,UH,UT,LR,UR,UF,UC,NR,DC,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO";

const slice = new Slice();

function spelt(flags: u64): string {
  reset();
  spellFlags(flags, slice);
  return toText(slice);
}

describe("response flags", () => {
  it("are a dash if there are none", () => {
    expect(spelt(0)).toBe("-");
  });

  it("have Envoy's short name for each bit", () => {
    for (let bit = 0; bit < NAMES.length; bit++) expect(spelt((<u64>1) << bit)).toBe(NAMES[bit]);
  });

  it("are joined by commas in the order in which Envoy reaches them", () => {
    expect(spelt((1 << 5) | (1 << 15))).toBe("URX,UF");
    expect(spelt((1 << 14) | (1 << 1) | (1 << 29))).toBe("UH,DC,UDO");
    expect(spelt((1 << 0) | (1 << 12))).toBe("LH,UAEX");
  });

  it("are all present if all are set", () => {
    expect(spelt((1 << 30) - 1)).toBe(ALL);
    expect(spelt(u64.MAX_VALUE)).toBe(ALL);
  });

  it("are omitted if a bit has no name", () => {
    expect(spelt(((<u64>1) << 62) | (1 << 4))).toBe("UR");
    expect(spelt((1 << 30) | (1 << 29))).toBe("UDO");
  });

  it("are a dash if no bit has a name", () => {
    expect(spelt(1 << 30)).toBe("-");
    expect(spelt((<u64>1) << 63)).toBe("-");
    expect(spelt(0xffffffffc0000000)).toBe("-");
  });
});
