// Chance for the specs that try many inputs: the same row of numbers in every run, so that a failure can be repeated.

let state: u64 = 1;

/** Begins the row anew; each `it` that uses chance does so first. */
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
