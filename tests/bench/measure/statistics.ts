// The middle and the spread of a few numbers.

/** Half of the values are from `low` to `high`: the quartiles. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** The value below which `share` of the values are, between two of them where it falls so; NaN if there are none. */
function quantile(sorted: number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

export function median(values: number[]): number {
  return spread(values).median;
}
