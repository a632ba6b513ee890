// The ticks of a time axis and their labels, as many as fit.
import type { ScaleLinear, ScaleLogarithmic } from "d3-scale";
import { formatTick } from "./words.ts";

/** A label that starts beyond this, in percent, would run past the end of the axis. */
export const LAST_WORD = 88;

/** Round values for the ticks, `most` at most, evenly spaced. */
export function evenTicks(scale: ScaleLinear<number, number>, most: number): number[] {
  // d3 takes the count as a hint: asked for 4 ticks, it may return 7.
  const offers = Array.from({ length: most }, (_, less) => scale.ticks(most - less));
  return offers.find((ticks) => ticks.length <= most) ?? [0];
}

/** The powers of ten in the scale's domain, `most` at most: each one, or every second, third … */
export function decadeTicks(scale: ScaleLogarithmic<number, number>, most: number): number[] {
  const [from = 1, to = 10] = scale.domain().map(Math.log10);
  const first = Math.ceil(from);
  const decades = Array.from({ length: Math.max(0, Math.floor(to) - first + 1) }, (_, index) => 10 ** (first + index));
  const every = Math.ceil(decades.length / most);
  return decades.filter((_, index) => index % every === 0);
}

/** The labels above the ticks. */
export function TickWords({ ticks, scale }: { ticks: number[]; scale(micros: number): number }) {
  const shown = ticks.filter((tick) => scale(tick) <= LAST_WORD);
  return (
    <>
      {shown.map((tick) => (
        <span key={tick} style={{ left: `${scale(tick)}%` }}>
          {formatTick(tick)}
        </span>
      ))}
    </>
  );
}
