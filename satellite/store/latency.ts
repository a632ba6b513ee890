// What is said of a number of durations: ranks, and which of several groups is slow. Pure arithmetic on microseconds.

/** Slow is a median so many times the fastest one, and not so many times below the slowest: what stands out, no more. */
const SLOW = 2;

/** The smallest value that at least `percent` % of the sorted values do not exceed; never a value between two. */
export function nearestRank(sorted: number[], percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;
}

/** Tells of a median whether it is slow among these medians of all groups. */
export function slowAmong(medians: number[]): (micros: number) => boolean {
  const fastest = medians.reduce((least, micros) => Math.min(least, micros), Infinity);
  const slowest = medians.reduce((most, micros) => Math.max(most, micros), 1);
  return (micros) => micros > SLOW * fastest && micros * SLOW > slowest;
}
