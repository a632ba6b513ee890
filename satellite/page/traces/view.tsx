// The list of traces, newest first by default, growing as they arrive.
import { useMemo, useState } from "preact/hooks";
import type { Summary } from "../../serve/api.ts";
import { formatDuration } from "../../duration.ts";
import { samplingOf } from "../../store/kept.ts";
import { Empty } from "../empty.tsx";
import type { Connection, Live } from "../live.ts";
import { useNarrow } from "../media.ts";
import { goTo, linkTo } from "../route.ts";
import { Rows } from "../rows.tsx";
import type { Drawn } from "../rows.tsx";
import { formatTime, plural } from "../words.ts";
import { FilterBar } from "./filterbar.tsx";
import type { Filters } from "./filters.ts";

const FRESH_MICROS = 5_000_000;

type Column = "startMicros" | "durationMicros" | "spanCount" | "errors";

interface TracesProps {
  live: Live;
  filters: Filters;
  colours: Map<string, string>;
  /** The id of the trace that the keyboard is at. */
  active: string | null;
  onActive(traceId: string): void;
}

export function TracesView({ live, filters, colours, active, onActive }: TracesProps) {
  const [{ column, down }, setOrder] = useState<{ column: Column; down: boolean }>({
    column: "startMicros",
    down: true,
  });
  const narrow = useNarrow();
  const { traces, stored, services } = live;
  const ordered = useMemo(() => {
    const sign = down ? -1 : 1;
    return [...traces].sort((a, b) => sign * (a[column] - b[column]) || b.startMicros - a.startMicros);
  }, [traces, column, down]);
  const longest = useMemo(() => traces.reduce((most, trace) => Math.max(most, trace.durationMicros), 1), [traces]);
  const found = plural(traces.length, "trace") + (traces.length === stored ? "" : ` of ${stored.toLocaleString("en")}`);
  const heading = (name: string, by: Column) => (
    <Heading
      name={name}
      order={column === by ? (down ? "descending" : "ascending") : undefined}
      onOrder={() => setOrder({ column: by, down: column === by ? !down : true })}
    />
  );

  return (
    <section class="traces" aria-label="Traces">
      <h1 class="unseen">Traces</h1>
      <FilterBar filters={filters} services={services} found={found} />
      <Rows
        role="grid"
        label="Traces"
        rows={ordered}
        keyOf={(trace) => trace.traceId}
        rowHeight={narrow ? 52 : 32}
        head={
          <>
            {heading("Time", "startMicros")}
            <div role="columnheader">Root operation</div>
            {heading("Duration", "durationMicros")}
            {heading("Spans", "spanCount")}
            {heading("Errors", "errors")}
          </>
        }
        draw={(trace) => drawTrace(trace, longest, colours)}
        active={active}
        onActive={onActive}
        onOpen={({ traceId }) => goTo(linkTo(`trace/${traceId}`))}
      />
      {traces.length === 0 && <Nothing stored={stored} connection={live.connection} />}
    </section>
  );
}

interface HeadingProps {
  name: string;
  order: "ascending" | "descending" | undefined;
  onOrder(): void;
}

function Heading({ name, order, onOrder }: HeadingProps) {
  return (
    <div role="columnheader" aria-sort={order ?? "none"}>
      <button type="button" onClick={onOrder}>
        {name}
        <span aria-hidden="true">{order === undefined ? "" : order === "descending" ? " ↓" : " ↑"}</span>
      </button>
    </div>
  );
}

/** Each proxy reports on its own, up to a second after the request, so missing spans may still be on their way. */
function isFresh({ startMicros, durationMicros }: Summary): boolean {
  return Date.now() * 1000 - startMicros - durationMicros < FRESH_MICROS;
}

function drawTrace(trace: Summary, longest: number, colours: Map<string, string>): Drawn {
  const { traceId, root, first, startMicros, durationMicros, spanCount, errors, keptSpans, services } = trace;
  const named = root ?? first;
  const sampling = samplingOf(keptSpans, spanCount);
  const cells = (
    <>
      <div role="gridcell" class="time">
        {formatTime(startMicros)}
      </div>
      <div role="gridcell" class="operation">
        <span class="dots" aria-hidden="true">
          {services.slice(0, 8).map((service) => (
            <i key={service} class={colours.get(service)} />
          ))}
        </span>
        <a
          href={linkTo(`trace/${traceId}`)}
          title={named?.operation}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          {named?.operation}
        </a>
        <span class="service" title={named?.service}>
          {named?.service}
        </span>
        {sampling !== "" && (
          <span class="badge plain" title="Of what was not sampled, only spans that failed or were slow were kept">
            {sampling}
          </span>
        )}
        {root === null && sampling === "" && (
          <span
            class={`badge plain ${isFresh(trace) ? "patient" : ""}`}
            title="The span that its first one is a child of has not come"
          >
            no root
          </span>
        )}
      </div>
      <div role="gridcell" class="duration">
        <span>{formatDuration(durationMicros)}</span>
        <i aria-hidden="true" style={{ width: `${Math.max(0.5, (100 * durationMicros) / longest)}%` }} />
      </div>
      <div role="gridcell" class="number">
        {spanCount.toLocaleString("en")}
      </div>
      <div role="gridcell" class={errors > 0 ? "number errors" : "number none"}>
        {errors.toLocaleString("en")}
      </div>
    </>
  );
  return { cells };
}

function Nothing({ stored, connection }: { stored: number; connection: Connection }) {
  if (connection === "connecting") return <Empty title="Loading …" />;
  if (connection === "away") return <Empty title="Waiting for the satellite …" />;
  if (stored > 0) {
    return (
      <Empty title="No trace matches these filters">
        New ones appear here as they arrive. <a href={linkTo("traces")}>Show all {plural(stored, "trace")}</a>
      </Empty>
    );
  }
  return (
    <Empty title="No trace has come yet">
      They appear here as they arrive at <code>{location.origin}</code>: Lightstep reports at{" "}
      <code>/api/v2/reports</code>, OTLP at <code>/v1/traces</code>, Zipkin at <code>/api/v2/spans</code>.
    </Empty>
  );
}
