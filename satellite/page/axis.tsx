// The marks of a time axis, and their words: as many as there is room for.
import type { ScaleLinear, ScaleLogarithmic } from "d3-scale";
import { formatTick } from "./words.ts";

/** A word that begins further right than this, in percent, would not end before the axis does. */
export const LAST_WORD = 88;

/** Round values for the marks, no more than `most` of them, all equally far from each other. */
export function evenTicks(scale: ScaleLinear<number, number>, most: number): number[] {
  // What one asks d3 for is a wish: for 4 it may give 7.
  const offers = Array.from({ length: most }, (_, less) => scale.ticks(most - less));
  return offers.find((ticks) => ticks.length <= most) ?? [0];
}

/** The powers of ten in the scale's range, no more than `most` of them: each, or every second, third … */
export function decadeTicks(scale: ScaleLogarithmic<number, number>, most: number): number[] {
  const [from = 1, to = 10] = scale.domain().map(Math.log10);
  const first = Math.ceil(from);
  const decades = Array.from({ length: Math.max(0, Math.floor(to) - first + 1) }, (_, index) => 10 ** (first + index));
  const every = Math.ceil(decades.length / most);
  return decades.filter((_, index) => index % every === 0);
}

/** The words above the marks. */
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
