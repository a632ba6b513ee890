// The frame around the views: navigation, the state of the stream, and the view that the address names.
import { useEffect, useRef, useState } from "preact/hooks";
import { coloursOf } from "./colours.ts";
import { LatencyView } from "./latency/view.tsx";
import { useLive } from "./live.ts";
import type { Live } from "./live.ts";
import { linkTo, useRoute } from "./route.ts";
import { linkToTraces, readFilters, toQuery } from "./traces/filters.ts";
import { TracesView } from "./traces/view.tsx";
import { TraceView } from "./trace/view.tsx";

export function App() {
  const { path, query } = useRoute();
  const [paused, setPaused] = useState(false);
  const [visited, setVisited] = useState<string | null>(null);
  // The list keeps updating while another view is open, and comes back with the same filters.
  const list = useRef(query);
  if (path === "traces") list.current = query;
  const filters = readFilters(list.current);
  const traceId = /^trace\/([0-9a-f]{1,32})$/i.exec(path)?.[1];
  const live = useLive(toQuery(filters), paused, traceId);
  const colours = coloursOf(live.services);

  useEffect(() => {
    document.title = traceId
      ? `Trace ${traceId} · Lightspan`
      : path === "latency"
        ? "Latency · Lightspan"
        : "Lightspan";
  }, [path]);

  return (
    <div class="page">
      <header class="top">
        <a class="brand" href={linkTo("traces")}>
          <img src="/icon.svg" alt="" width="18" height="18" />
          Lightspan
        </a>
        <nav aria-label="Views">
          <Tab to={linkToTraces(filters)} current={path === "traces" || traceId !== undefined} name="Traces" />
          <Tab to={linkTo("latency")} current={path === "latency"} name="Latency" />
        </nav>
        <Status live={live} paused={paused} onPause={setPaused} />
      </header>
      <main>
        {traceId ? (
          <TraceView
            key={traceId}
            traceId={traceId}
            span={query.get("span")}
            colours={colours}
            changes={live.watched}
            back={linkToTraces(filters)}
          />
        ) : path === "latency" ? (
          <LatencyView query={query} colours={colours} touched={live.touched} />
        ) : (
          <TracesView live={live} filters={filters} colours={colours} active={visited} onActive={setVisited} />
        )}
      </main>
    </div>
  );
}

function Tab({ to, current, name }: { to: string; current: boolean; name: string }) {
  return (
    <a href={to} aria-current={current ? "page" : undefined}>
      {name}
    </a>
  );
}

interface StatusProps {
  live: Live;
  paused: boolean;
  onPause(paused: boolean): void;
}

function Status({ live, paused, onPause }: StatusProps) {
  const state = paused ? "paused" : live.connection;
  const words = { paused: "Paused", connecting: "Connecting", live: "Live", away: "Satellite away" };
  return (
    <div class="status">
      <button type="button" class={`pulse ${state}`} aria-pressed={paused} onClick={() => onPause(!paused)}>
        <span class="dot" aria-hidden="true" />
        {words[state]}
      </button>
    </div>
  );
}
