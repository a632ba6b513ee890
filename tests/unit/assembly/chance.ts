// Random numbers for specs with many inputs: the same sequence in every run, so that failures are repeatable.

let state: u64 = 1;

/** Restarts the sequence. Each `it` that uses random numbers calls this first. */
export function startChance(seed: u64): void {
  state = seed * 0x9e3779b97f4a7c15 + 1;
}

/** The next 64 bits (xorshift64*). */
export function chance(): u64 {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1d;
}

/** A number below `limit`. */
export function below(limit: u32): u32 {
  return <u32>((chance() >> 32) % limit);
}
