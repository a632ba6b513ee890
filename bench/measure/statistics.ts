// The middle and the spread of a few numbers, what is left of them without disturbances, and how sure one can be of it.

/** Half of the values are from `low` to `high`: the quartiles. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** With a probability of nine in ten the true value is from `low` to `high`. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

const RESAMPLES = 400;

/** The value below which `share` of the values are, between two of them where it falls so; NaN if there are none. */
function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function spread(values: number[]): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/**
 * The lowest decile. Whatever else happens on a machine makes CPU time longer, never shorter, so that the lowest tenth of many short
 * windows says what was used when nothing happened; the median says how often something did.
 */
export function undisturbed(values: number[]): number {
  return quantile(values, 0.1);
}

/**
 * What `statistic` makes of all of `count` rounds, and, by the bootstrap (Efron, "Bootstrap Methods: Another Look at the
 * Jackknife", 1979), how far it would be from that in other runs. `statistic` gets the numbers of rounds to look at.
 */
export function estimate(count: number, statistic: (rounds: number[]) => number): Estimate {
  const value = statistic(Array.from({ length: count }, (_, round) => round));
  const others = Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from({ length: count }, () => Math.floor(Math.random() * count))),
  );
  return { value, low: quantile(others, 0.05), high: quantile(others, 0.95) };
}
