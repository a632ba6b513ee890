// Keeps the list of traces current, from the satellite's stream of changes. Keeps a bounded number of the newest
// traces, whatever the satellite sends.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../serve/api.ts";
import type { Change } from "../serve/events.ts";

/** The state of the stream: not open yet, open, or lost. */
export type Connection = "connecting" | "live" | "away";

/**
 * What the page knows of the satellite's traces. `touched` grows with every change, `watched` with every change of the
 * trace that is open.
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

/** Follows the traces that pass the filters. If `paused`, the list changes only when the filters do. */
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

/** Applies a change to the list: newest first, each trace once. */
function apply(before: Live, { whole, traces, gone, stored, services }: Change, watching: string | undefined): Live {
  const dropped = new Set([...gone, ...traces.map(({ traceId }) => traceId)]);
  const kept = whole ? [] : before.traces.filter(({ traceId }) => !dropped.has(traceId));
  const all = [...traces, ...kept].sort((a, b) => b.startMicros - a.startMicros).slice(0, MOST_TRACES);
  // The list has the low half of an id; the address may have the whole id.
  const seen = whole || (watching !== undefined && dropped.has(watching.slice(-16)));
  const watched = before.watched + Number(seen);
  return { traces: all, stored, services, connection: "live", touched: before.touched + 1, watched };
}
