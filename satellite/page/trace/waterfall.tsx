// The spans of a trace over time. A server span is a solid bar in its service's colour, a client span an outlined one.
import { scaleLinear } from "d3-scale";
import type { LabelledSpan, TraceBody } from "../../serve/api.ts";
import { formatDuration } from "../../duration.ts";
import { evenTicks, TickWords } from "../axis.tsx";
import { Rows } from "../rows.tsx";
import type { Drawn } from "../rows.tsx";
import type { TreeRow } from "./treerows.ts";

/** Deeper levels are not indented further, to leave room for the name. */
const DEEPEST_INDENT = 16;
/** This many labels fit even beside the panel. */
const MOST_TICKS = 4;

interface WaterfallProps {
  trace: TraceBody;
  rows: TreeRow[];
  folded: Set<string>;
  colours: Map<string, string>;
  narrow: boolean;
  active: string | null;
  onActive(key: string): void;
  onOpen(): void;
  onFold(key: string, close: boolean): void;
  /** Called on Escape. */
  onLeave(): void;
}

export function Waterfall(props: WaterfallProps) {
  const { trace, rows, folded, colours, narrow, active, onActive, onOpen, onFold, onLeave } = props;
  const whole = Math.max(1, trace.durationMicros);
  const place = scaleLinear([0, whole], [0, 100]);
  const ticks = evenTicks(place, MOST_TICKS);
  const step = place(ticks[1] ?? whole);

  /** The arrow keys of a tree: right unfolds or enters, left folds or leaves. */
  const onKey = (key: string, row: TreeRow): boolean => {
    const isOpen = row.children > 0 && !folded.has(row.key);
    if (key === "ArrowRight" && row.children > 0) {
      if (!isOpen) onFold(row.key, false);
      else onActive(rows[rows.indexOf(row) + 1]?.key ?? row.key);
    } else if (key === "ArrowLeft" && isOpen) onFold(row.key, true);
    else if (key === "ArrowLeft" && row.parent !== null) onActive(row.parent);
    else if (key === "Escape") onLeave();
    else return key.startsWith("Arrow");
    return true;
  };
  const draw = (row: TreeRow): Drawn => {
    const { span, depth, children, remark } = row;
    const isFolded = folded.has(row.key);
    const left = place(span.startMicros - trace.startMicros);
    const width = place(span.durationMicros);
    return {
      attributes: {
        class: `${colours.get(span.service) ?? ""} ${span.error ? "error" : ""}`,
        "aria-level": depth + 1,
        "aria-expanded": children > 0 ? !isFolded : undefined,
      },
      cells: (
        <>
          <div
            role="gridcell"
            class="operation"
            style={{ paddingLeft: `${8 + Math.min(depth, DEEPEST_INDENT) * 14}px` }}
          >
            <Fold row={row} folded={isFolded} onFold={onFold} />
            <span class="name" title={span.operation}>
              {span.operation}
            </span>
            {span.error && <span class="badge">error</span>}
            {span.kept !== null && (
              <span
                class="badge plain"
                title={`Not sampled, but kept for ${span.kept === "error" ? "its error" : "its slowness"}`}
              >
                kept
              </span>
            )}
            {remark !== "" && (
              <span class="remark" title={remark}>
                {remark}
              </span>
            )}
          </div>
          <div role="gridcell" class="service">
            <span title={span.label}>{span.label}</span>
            {span.version !== null && (
              <span class="version" title={span.version}>
                {span.version}
              </span>
            )}
          </div>
          <div role="gridcell" class="duration">
            {formatDuration(span.durationMicros)}
          </div>
          <div role="gridcell" class="time">
            <i class={barOf(span)} style={{ left: `${left}%`, width: `${width}%` }}>
              <span class="unseen">{`begins after ${formatDuration(span.startMicros - trace.startMicros)}`}</span>
            </i>
          </div>
        </>
      ),
    };
  };

  return (
    <div class="waterfall" style={{ "--step": `${step}%` }}>
      <Rows
        role="treegrid"
        label="Spans"
        rows={rows}
        keyOf={({ key }) => key}
        rowHeight={narrow ? 46 : 28}
        head={
          <>
            <div role="columnheader">Operation</div>
            <div role="columnheader" class="service-head">
              Service
            </div>
            <div role="columnheader">Duration</div>
            <div role="columnheader" class="axis" aria-label="Time">
              <TickWords ticks={ticks} scale={place} />
            </div>
          </>
        }
        draw={draw}
        active={active}
        onActive={onActive}
        onOpen={onOpen}
        onKey={onKey}
      />
    </div>
  );
}

function barOf({ kind }: LabelledSpan): string {
  return kind === "client" ? "bar client" : "bar server";
}

interface FoldProps {
  row: TreeRow;
  folded: boolean;
  onFold(key: string, close: boolean): void;
}

/** For the pointer. The keyboard has the arrow keys, and screen readers get the state from the row. */
function Fold({ row, folded, onFold }: FoldProps) {
  if (row.children === 0) return <span class="fold" />;
  return (
    <button
      type="button"
      class="fold"
      tabIndex={-1}
      aria-label={folded ? "Unfold" : "Fold"}
      onClick={(event) => {
        event.stopPropagation();
        onFold(row.key, !folded);
      }}
    >
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={folded ? "M3 1.5 7 5 3 8.5" : "M1.5 3 5 7 8.5 3"} />
      </svg>
    </button>
  );
}
