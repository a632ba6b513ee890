// Tells when a trace has probably arrived whole: once no span of it has come for a while.

import type { Trace, TraceStore } from "./traces.ts";

const QUIET_MS = 1000;

/** Calls `show` with each trace that has been quiet for a second, and again if spans come later. */
export function whenQuiet(store: TraceStore, show: (trace: Trace) => void): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  const end = (traceId: string): void => {
    waiting.delete(traceId);
    const trace = store.get(traceId);
    // Under a flood, the store may have forgotten it in the meantime.
    if (trace) show(trace);
  };
  store.on("trace", (traceId) => {
    clearTimeout(waiting.get(traceId));
    waiting.set(traceId, setTimeout(end, QUIET_MS, traceId));
  });
}
