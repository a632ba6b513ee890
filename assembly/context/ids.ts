// New trace and span ids: xoroshiro128++ (Blackman and Vigna, public domain), seeded once for each VM with 128 bits
// from the host's random source. Workers, Envoys and restarts each have their own seed, so their sequences do not meet.
// Because a host may deny its random source, other values are stirred in too. It knows no host: filter/entropy.ts
// supplies the values.

let s0: u64 = 0;
let s1: u64 = 0;

/** Starts the sequence. Two zeros would be no seed, so `b` is replaced then. */
export function seed(a: u64, b: u64): void {
  s0 = a;
  s1 = (a | b) === 0 ? 0x9e3779b97f4a7c15 : b;
}

/**
 * Makes the sequence depend on `value` as well. For a given value, each state leads to a different state, so no
 * randomness is lost, however poor the value is. For a given state, two values always lead to two states. The finalizer
 * spreads a difference of one bit over all 64, so clocks that are a microsecond apart lead far apart.
 */
export function stir(value: u64): void {
  let mixed = s0 ^ value;
  // The finalizer of SplitMix64 (Steele, Lea and Flood).
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  seed(mixed ^ (mixed >> 31), s1);
  // Makes the other half depend on it too.
  nextId();
}

/** Stirs in `size` bytes at `at`. */
export function stirBytes(at: usize, size: u32): void {
  stir(size);
  let end = at + size;
  for (; at + 8 <= end; at += 8) stir(load<u64>(at));
  for (; at < end; at++) stir(load<u8>(at));
}

/** The next id of 64 random bits; never zero, which means "no id" in the specifications. */
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
