// What the two protocols have in common for the generator: a slot carries one request at a time.

/** `ok`: the whole answer came, with status 200. */
export type Answered = (ok: boolean) => void;

export interface Slot {
  /** Sends one request; `answered` is called once. Not to be called again before that. */
  send(answered: Answered): void;
}

/** Slots that belong together. */
export interface Lines {
  slots: Slot[];
  close(): void;
}

/** Where requests go, how, and with what headers beside the usual ones. */
export interface Target {
  port: number;
  protocol: "http1" | "http2";
  /** Requests under way at once: connections for HTTP/1.1, streams for HTTP/2. */
  streams: number;
  headers: Record<string, string>;
}

export const AUTHORITY = "reviews:9080";
export const PATH = "/reviews/0";

/** What a caller in a mesh sends. */
export const USUAL_HEADERS: Record<string, string> = {
  "user-agent": "lightspan-bench",
  accept: "*/*",
  "x-forwarded-proto": "http",
};
