// What the scripted collector can do with a report, as plain values. Knows no connection.

/** How a report ended, as the collector sees it; what its sender made of that is the sender's to count. */
export type Outcome =
  /** A whole answer went out that says yes. */
  | "acknowledged"
  /** A whole answer went out that says no. */
  | "refused"
  /** The answer began well, or said yes, but was not what it had to be: garbage, without end, cut off. */
  | "unclear"
  /** No answer, or the sender was gone before its end. */
  | "unanswered";

export type Fault = {
  /** The collector has the whole report, and does nothing before this resolves. */
  after?: () => Promise<unknown>;
} & (
  | {
      /** What a collector of this format says. Over `maxBytes`, unpacked, 413 or RESOURCE_EXHAUSTED. */
      kind: "accept";
      maxBytes?: number;
    }
  | {
      /** This status of HTTP, over gRPC too, where it is what a proxy in between would say. */
      kind: "status";
      status: number;
      headers?: Record<string, string>;
      body?: string | Uint8Array;
    }
  | {
      /** As good an answer as `accept`'s, with this message in it, and what it means: errors, a command, partial success. */
      kind: "reply";
      message: Uint8Array;
      outcome: Outcome;
    }
  | {
      /** This status of gRPC, in trailers behind the headers, or in the headers and nothing more. Not for HTTP. */
      kind: "grpc";
      code: number;
      message?: string;
      trailersOnly?: boolean;
      trailers?: Record<string, string>;
    }
  | {
      /** HTTP/1.1: bytes that are not HTTP. HTTP/2: a good head, and random bytes as message. */
      kind: "garbage";
    }
  | {
      /** A good head, and a body that never ends, as fast as the sender reads it. */
      kind: "endless";
    }
  | {
      /** Reads everything, says nothing. */
      kind: "blackhole";
    }
  | {
      /** Resets the connection, or over HTTP/2 the stream, `before` any answer or in the `middle` of one. */
      kind: "reset";
      when: "before" | "middle";
    }
);

export const accept: Fault = { kind: "accept" };
