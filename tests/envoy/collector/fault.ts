// What the scripted collector can do with a report, as plain values. Knows no connections.

/** How a report ended for the collector. The sender counts for itself what it made of the answer. */
export type Outcome =
  /** A whole answer went out, and it accepts the report. */
  | "acknowledged"
  /** A whole answer went out, and it rejects the report. */
  | "refused"
  /** The answer began well or accepted the report, but was wrong: garbage, endless or cut off. */
  | "unclear"
  /** There was no answer, or the sender left before its end. */
  | "unanswered";

export type Fault = {
  /** The collector has the whole report and does nothing until this resolves. */
  after?: () => Promise<unknown>;
} & (
  | {
      /** Answers as a collector of this format does; 413 or RESOURCE_EXHAUSTED above `maxBytes`, unpacked. */
      kind: "accept";
      maxBytes?: number;
    }
  | {
      /** Answers with this HTTP status; over gRPC too, as a proxy in between would. */
      kind: "status";
      status: number;
      headers?: Record<string, string>;
      body?: string | Uint8Array;
    }
  | {
      /** An answer like `accept`'s with this message in it, and its meaning: errors, a command, partial success. */
      kind: "reply";
      message: Uint8Array;
      outcome: Outcome;
    }
  | {
      /** Answers with this gRPC status, in trailers after the headers or in the headers alone. Not for HTTP. */
      kind: "grpc";
      code: number;
      message?: string;
      trailersOnly?: boolean;
      trailers?: Record<string, string>;
    }
  | {
      /** HTTP/1.1: bytes that are not HTTP. HTTP/2: valid headers, and random bytes as the message. */
      kind: "garbage";
    }
  | {
      /** Valid headers and an endless body, as fast as the sender reads it. */
      kind: "endless";
    }
  | {
      /** Reads everything and never answers. */
      kind: "blackhole";
    }
  | {
      /** Resets the connection (HTTP/2: the stream) `before` any answer or in the `middle` of one. */
      kind: "reset";
      when: "before" | "middle";
    }
);

export const accept: Fault = { kind: "accept" };
