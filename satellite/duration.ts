// Formats durations for people as Lightstep does: three digits and the unit that fits.

/** `840µs`, `12.3ms`, `1.26s`. Takes whole microseconds. */
export function formatDuration(micros: number): string {
  if (micros < 1000) return `${micros}µs`;
  // From 999.5 ms, rounding would give four digits, so seconds begin there.
  if (micros < 999_500) return `${threeDigits(micros / 1000)}ms`;
  return `${threeDigits(micros / 1_000_000)}s`;
}

function threeDigits(value: number): string {
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toFixed(decimals);
}
