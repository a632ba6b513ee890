// What both protocols offer the generator: slots that carry one request at a time.

/** `ok`: the whole answer arrived, with status 200. */
export type Answered = (ok: boolean) => void;

export interface Slot {
  /** Sends one request and calls `answered` once. Must not be called again before that. */
  send(answered: Answered): void;
}

/** All slots to one target. */
export interface Connections {
  slots: Slot[];
  close(): void;
}

/** Where requests go, how, and with which additional headers. */
export interface Target {
  port: number;
  protocol: "http1" | "http2";
  /** Concurrent requests: connections for HTTP/1.1, streams for HTTP/2. */
  streams: number;
  headers: Record<string, string>;
}

export const AUTHORITY = "reviews:9080";
export const PATH = "/reviews/0";

/** The headers that a caller in a mesh sends. */
export const COMMON_HEADERS: Record<string, string> = {
  "user-agent": "lightspan-bench",
  accept: "*/*",
  "x-forwarded-proto": "http",
};
