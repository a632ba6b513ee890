// The list of traces as it is right now, from the satellite's stream of changes. Keeps no more than the newest so many,
// whatever the satellite sends.
import { useEffect, useState } from "preact/hooks";
import type { Summary } from "../api.ts";
import type { Change } from "../live.ts";

/** What is known of the satellite's traces. `touched` grows with every change; `connected` is false while it is away. */
export interface Live {
  traces: Summary[];
  stored: number;
  services: string[];
  connected: boolean;
  touched: number;
}

const MOST_TRACES = 10_000;
const NOTHING: Live = { traces: [], stored: 0, services: [], connected: false, touched: 0 };

/** Follows the traces that the query's filters want; with `paused`, stays as it is. */
export function useLive(filters: string, paused: boolean): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    if (paused) return;
    const source = new EventSource(`/api/live${filters === "" ? "" : `?${filters}`}`);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const change: Change = JSON.parse(data);
      setLive((before) => apply(before, change));
    };
    source.onerror = () => setLive((before) => ({ ...before, connected: false }));
    return () => source.close();
  }, [filters, paused]);
  return live;
}

/** The list after a change: newest first, each trace once. */
export function apply(before: Live, { whole, traces, gone, stored, services }: Change): Live {
  const dropped = new Set([...gone, ...traces.map(({ traceId }) => traceId)]);
  const kept = whole ? [] : before.traces.filter(({ traceId }) => !dropped.has(traceId));
  const all = [...traces, ...kept].sort((a, b) => b.startMicros - a.startMicros).slice(0, MOST_TRACES);
  return { traces: all, stored, services, connected: true, touched: before.touched + 1 };
}
