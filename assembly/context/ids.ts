// New trace and span ids: xoroshiro128++ (Blackman and Vigna, public domain), seeded once for each VM with 128 bits from
// the host's random source. Workers, Envoys and restarts have each their own seed, so their sequences do not meet.

let s0: u64 = 0;
let s1: u64 = 0;

/** Starts the sequence; both zero is no seed and is mended. */
export function seed(a: u64, b: u64): void {
  s0 = a;
  s1 = (a | b) === 0 ? 0x9e3779b97f4a7c15 : b;
}

/** The next id of 64 random bits; never zero, which the specifications keep for "no id". */
export function nextId(): u64 {
  let id: u64;
  do {
    let mixed = s0 ^ s1;
    id = rotl(s0 + s1, 17) + s0;
    s0 = rotl(s0, 49) ^ mixed ^ (mixed << 21);
    s1 = rotl(mixed, 28);
  } while (id === 0);
  return id;
}
