// Percentiles, and which of several groups is slow. Pure arithmetic on microseconds.

/** A slow median is more than this many times the fastest, and more than the slowest divided by this. */
const SLOW = 2;

/** The smallest of the sorted values that at least `percent` % of them do not exceed. Never interpolates. */
export function nearestRank(sorted: number[], percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;
}

/** Returns a predicate for whether a median is slow among the medians of all groups. */
export function slowAmong(medians: number[]): (micros: number) => boolean {
  const fastest = medians.reduce((least, micros) => Math.min(least, micros), Infinity);
  const slowest = medians.reduce((most, micros) => Math.max(most, micros), 1);
  return (micros) => micros > SLOW * fastest && micros * SLOW > slowest;
}
