// Numbers as people read them.
import type { Estimate, Spread } from "../measure/statistics.ts";

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "–";
}

/** With one decimal. */
export function tenth(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : "–";
}

/** `44.1 (40.2–47.9)` */
export function withSpread({ median, low, high }: Spread, format = tenth): string {
  return Number.isFinite(median) ? `${format(median)} (${format(low)}–${format(high)})` : "–";
}

/** `20.3 (18.9–21.5)` */
export function withBounds({ value, low, high }: Estimate): string {
  return withSpread({ median: value, low, high });
}

/** `0.48 ×` */
export function ratio(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)} ×` : "–";
}

/** `0.48 × (0.44–0.53)` */
export function ratioWithBounds({ value, low, high }: Estimate): string {
  return Number.isFinite(value) ? `${ratio(value)} (${low.toFixed(2)}–${high.toFixed(2)})` : "–";
}

export function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

/** `6,000`, or `5,990 of 6,000: 10 lost`. */
export function arrived(spans: { expected: number; received: number } | null): string {
  if (spans === null) return "–";
  const { expected, received } = spans;
  if (expected === received) return whole(received);
  const lost = expected - received;
  return `${whole(received)} of ${whole(expected)}: ${whole(Math.abs(lost))} ${lost > 0 ? "LOST" : "TOO MANY"}`;
}
