// The list of traces as it is right now, from the satellite's stream of changes. Keeps no more than the newest so many,
// whatever the satellite sends.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../serve/api.ts";
import type { Change } from "../serve/events.ts";

/** Of the stream: not there yet, there, or lost. */
export type Connection = "connecting" | "live" | "away";

/**
 * What is known of the satellite's traces. `touched` grows with every change,
 * `watched` with those of the one trace that is looked at.
 */
export interface Live {
  traces: Summary[];
  stored: number;
  services: string[];
  connection: Connection;
  touched: number;
  watched: number;
}

const MOST_TRACES = 10_000;
const NOTHING: Live = { traces: [], stored: 0, services: [], connection: "connecting", touched: 0, watched: 0 };

/**
 * Follows the traces that the query's filters want; with `paused`, stays as it is until they change, and then again.
 */
export function useLive(filters: string, paused: boolean, watched: string | undefined): Live {
  const [live, setLive] = useState(NOTHING);
  const shown = useRef<string | null>(null);
  const watching = useRef(watched);
  watching.current = watched;
  useEffect(() => {
    if (paused && shown.current === filters) return;
    const source = new EventSource(`/api/live${filters === "" ? "" : `?${filters}`}`);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const change: Change = JSON.parse(data);
      setLive((before) => apply(before, change, watching.current));
      shown.current = filters;
      if (paused) source.close();
    };
    source.onerror = () => setLive((before) => ({ ...before, connection: "away" }));
    return () => source.close();
  }, [filters, paused]);
  return live;
}

/** The list after a change: newest first, each trace once. */
function apply(before: Live, { whole, traces, gone, stored, services }: Change, watching: string | undefined): Live {
  const dropped = new Set([...gone, ...traces.map(({ traceId }) => traceId)]);
  const kept = whole ? [] : before.traces.filter(({ traceId }) => !dropped.has(traceId));
  const all = [...traces, ...kept].sort((a, b) => b.startMicros - a.startMicros).slice(0, MOST_TRACES);
  // The list has the low half of an id; an address may have all of it.
  const seen = whole || (watching !== undefined && dropped.has(watching.slice(-16)));
  const watched = before.watched + Number(seen);
  return { traces: all, stored, services, connection: "live", touched: before.touched + 1, watched };
}
