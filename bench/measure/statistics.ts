// The median and spread of a few numbers, their undisturbed value, and its confidence interval.

/** `low` and `high` are the quartiles: half of the values lie between them. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** The true value lies between `low` and `high` with a probability of 90 %. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

const RESAMPLES = 400;

/** The value below which `share` of the values lie, interpolated between two if necessary; NaN if there are none. */
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
 * The lowest decile. Other activity on a machine makes CPU time longer, never shorter. So the lowest tenth of many
 * short windows shows the use without disturbances; the median shows how common disturbances were.
 */
export function undisturbed(values: number[]): number {
  return quantile(values, 0.1);
}

/**
 * `statistic` of all `count` rounds, and how far other runs would deviate from it, by the bootstrap (Efron, "Bootstrap
 * Methods: Another Look at the Jackknife", 1979). `statistic` gets the indices of the rounds to use.
 */
export function estimate(count: number, statistic: (rounds: number[]) => number): Estimate {
  const value = statistic(Array.from({ length: count }, (_, round) => round));
  const others = Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from({ length: count }, () => Math.floor(Math.random() * count))),
  );
  return { value, low: quantile(others, 0.05), high: quantile(others, 0.95) };
}
