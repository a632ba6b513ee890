// Traces as they arrive, as server-sent events: first all that are wanted, then what changed. Knows the store and the
// stream; what is wanted is filter.ts's to know, and what becomes of it the page's.

import type { ServerResponse } from "node:http";
import { summarise } from "./api.ts";
import type { Summary } from "./api.ts";
import type { Filter } from "../store/query.ts";
import type { TraceStore } from "../store/traces.ts";

/** What an event says: these traces are new or have grown, those are gone or no longer wanted. */
export interface Change {
  /** True in the first event only: the reader shall forget what it had. */
  whole: boolean;
  /** Newest first. */
  traces: Summary[];
  gone: string[];
  /** How many traces are stored, wanted or not. */
  stored: number;
  /** The services of all stored traces, by name. */
  services: string[];
}

/** Often enough to look immediate, seldom enough to be cheap. */
const INTERVAL_MS = 250;
/** Comments keep the connection from looking dead while nothing arrives. */
const QUIET_MS = 15_000;
/** Open streams; a browser has at most six to one host. */
const MOST_STREAMS = 32;
/** Changes that wait for a reader who does not read; after that it is cut off, and starts anew when it comes back. */
const MOST_WAITING = 10_000;

/** The open streams of one store. */
export class EventStreams {
  readonly #store: TraceStore;
  #open = 0;

  constructor(store: TraceStore) {
    this.#store = store;
    store.setMaxListeners(MOST_STREAMS + 16);
  }

  /** Sends events until the reader goes. False, with nothing sent, when there are too many streams. */
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
      // A reader that does not read gets one larger event later; an id waits here once, however often it was touched.
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
