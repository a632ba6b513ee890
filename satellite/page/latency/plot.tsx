// Distributions of latency, stacked on one logarithmic axis, so that microseconds and seconds fit in one picture.
import { scaleLinear, scaleLog } from "d3-scale";
import type { Bucket, Group } from "../../store/compare.ts";
import { formatDuration } from "../../duration.ts";
import { decadeTicks, LAST_WORD, TickWords } from "../axis.tsx";
import { goTo, linkTo } from "../route.ts";
import { linkToTraces } from "../traces/filters.ts";

interface DistributionsProps {
  by: string;
  service: string;
  groups: Group[];
}

/** In the plot's own coordinates. */
const HEIGHT = 100;
/** This many labels fit even in a narrow window. */
const MOST_TICKS = 6;

export function Distributions({ by, service, groups }: DistributionsProps) {
  const buckets = groups.flatMap((group) => group.buckets);
  const place = scaleLog(rangeOf(buckets), [0, 100]);
  // A tick without a label says nothing.
  const ticks = decadeTicks(place, MOST_TICKS).filter((tick) => place(tick) <= LAST_WORD);
  const most = Math.max(...buckets.map(({ count }) => count), 1);
  return (
    <div class="plot" role="table" aria-label={`Latency by ${by}`}>
      <div class="group head" role="row">
        <span role="columnheader">{by}</span>
        <span role="columnheader" class="axis" aria-label="Distribution">
          <TickWords ticks={ticks} scale={place} />
        </span>
        <span role="columnheader">Median</span>
        <span role="columnheader">p90</span>
        <span role="columnheader">p99</span>
        <span role="columnheader">Spans</span>
        <span role="columnheader">Errors</span>
      </div>
      {groups.map((group) => (
        <div key={group.value} class={`group ${group.slow ? "slow" : ""}`} role="row">
          <span role="rowheader" class="value">
            <Value by={by} service={service} value={group.value} />
            {group.slow && <span class="badge">slow</span>}
          </span>
          <span role="cell" class="shape">
            {ticks.map((tick) => (
              <i key={tick} class="tick" style={{ left: `${place(tick)}%` }} />
            ))}
            <Shape buckets={group.buckets} place={place} most={most} />
            <i class="median" style={{ left: `${place(Math.max(1, group.medianMicros))}%` }} />
          </span>
          <span role="cell" class="number strong">
            {formatDuration(group.medianMicros)}
          </span>
          <span role="cell" class="number">
            {formatDuration(group.p90Micros)}
          </span>
          <span role="cell" class="number">
            {formatDuration(group.p99Micros)}
          </span>
          <span role="cell" class="number">
            {group.count.toLocaleString("en")}
          </span>
          <span role="cell" class={group.errors > 0 ? "number alarm" : "number"}>
            {group.errors.toLocaleString("en")}
          </span>
        </div>
      ))}
    </div>
  );
}

/**
 * From the leftmost bar to the rightmost, with a margin, and at least a factor of ten. The last tick has room for its
 * label, because the slow bars are near it.
 */
function rangeOf(buckets: Bucket[]): [number, number] {
  const least = Math.min(...buckets.map(({ fromMicros }) => fromMicros), 1_000_000);
  const most = Math.max(...buckets.map(({ toMicros }) => toMicros), least * 10);
  const [from, to] = [least / 1.3, most * 1.3];
  const lastMark = 10 ** Math.floor(Math.log10(to));
  return [from, Math.max(to, from * (lastMark / from) ** (100 / (LAST_WORD - 1)))];
}

function Value({ by, service, value }: { by: string; service: string; value: string | null }) {
  if (value === null) return <span class="quiet">(none)</span>;
  return (
    <a
      class="clamped"
      href={linkToTraces({ service, tags: [`${by}=${value}`], min: "", max: "" })}
      title={`Traces with ${value}`}
    >
      {value}
    </a>
  );
}

interface ShapeProps {
  buckets: Bucket[];
  place(micros: number): number;
  most: number;
}

/** A bar for each bucket; a click opens one of its traces. Without a pointer, the numbers beside it say as much. */
function Shape({ buckets, place, most }: ShapeProps) {
  // The square root makes a single slow request visible beside a thousand quick ones.
  const grow = scaleLinear([0, Math.sqrt(most)], [0, HEIGHT]);
  return (
    <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {buckets.map(({ fromMicros, toMicros, count, traceId }) => {
        const [left, right] = [place(fromMicros), place(toMicros)];
        const height = Math.max(6, grow(Math.sqrt(count)));
        return (
          <rect
            key={fromMicros}
            x={left + 0.1}
            y={HEIGHT - height}
            width={Math.max(0.3, right - left - 0.2)}
            height={height}
            onClick={() => goTo(linkTo(`trace/${traceId}`))}
          >
            <title>{`${count} from ${formatDuration(Math.round(fromMicros))} to ${formatDuration(Math.round(toMicros))}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
