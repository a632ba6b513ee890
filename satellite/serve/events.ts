// Streams the list of traces as server-sent events: first all traces that pass the filter, then the changes. Knows the
// store and the stream; leaves filters to query.ts, and the use of the events to the page.

import type { ServerResponse } from "node:http";
import { summarise } from "./api.ts";
import type { Summary } from "./api.ts";
import type { Filter } from "../store/query.ts";
import type { TraceStore } from "../store/traces.ts";

/** An event: `traces` are new or have grown, `gone` are forgotten or no longer pass the filter. */
export interface Change {
  /** True in the first event only: it replaces everything the reader had. */
  whole: boolean;
  /** Newest first. */
  traces: Summary[];
  gone: string[];
  /** How many traces are stored, filtered or not. */
  stored: number;
  /** The services of all stored traces, sorted by name. */
  services: string[];
}

/** Short enough to look immediate, long enough to be cheap. */
const INTERVAL_MS = 250;
/** After this long without events, a comment keeps the connection from looking dead. */
const QUIET_MS = 15_000;
/** Limit on open streams; a browser opens at most six to one host. */
const MOST_STREAMS = 32;
/**
 * Limit on changes that wait for a slow reader. Beyond it the reader is cut off, and starts over when it reconnects.
 */
const MOST_WAITING = 10_000;

/** The open streams of one store. */
export class EventStreams {
  readonly #store: TraceStore;
  #open = 0;

  constructor(store: TraceStore) {
    this.#store = store;
    store.setMaxListeners(MOST_STREAMS + 16);
  }

  /** Sends events until the reader disconnects. Returns false and sends nothing if too many streams are open. */
  begin(response: ServerResponse, wanted: Filter): boolean {
    if (this.#open >= MOST_STREAMS) return false;
    this.#open++;
    const store = this.#store;
    const touched = new Set<string>();
    const touch = (traceId: string): void => {
      touched.add(traceId);
      if (touched.size > MOST_WAITING) response.destroy();
    };
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const all = store.list();
    send(response, {
      whole: true,
      traces: all.filter(wanted).map(summarise),
      gone: [],
      stored: store.size,
      services: store.services(),
    });

    let quietMs = 0;
    const timer = setInterval(() => {
      quietMs = touched.size > 0 ? 0 : quietMs + INTERVAL_MS;
      if (quietMs >= QUIET_MS) {
        quietMs = 0;
        response.write(":\n\n");
      }
      // A slow reader gets one larger event later; an id waits only once, however often its trace changes.
      if (touched.size === 0 || response.writableNeedDrain) return;
      send(response, changeOf(store, wanted, touched));
      touched.clear();
    }, INTERVAL_MS);
    store.on("trace", touch).on("forget", touch);
    response.on("close", () => {
      clearInterval(timer);
      store.off("trace", touch).off("forget", touch);
      this.#open--;
    });
    return true;
  }
}

function changeOf(store: TraceStore, wanted: Filter, touched: Set<string>): Change {
  const change: Change = { whole: false, traces: [], gone: [], stored: store.size, services: store.services() };
  for (const traceId of touched) {
    const trace = store.get(traceId);
    if (trace && wanted(trace)) change.traces.push(summarise(trace));
    else change.gone.push(traceId);
  }
  return change;
}

function send(response: ServerResponse, change: Change): void {
  response.write(`data: ${JSON.stringify(change)}\n\n`);
}
