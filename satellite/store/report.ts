// What a report says, whatever format it came in: plain values that all decoders give and all else takes. Knows no format.

/** The wire formats that are received. */
export type FormatName = "lightstep" | "otlp" | "zipkin";
export type Transport = "http" | "grpc";

export type TagValue = string | number | boolean;
export type Tags = Record<string, TagValue>;

/**
 * One span as reported. `traceId` is 32 lower-case hex digits where the format carried 128 bits that are not all below
 * 2^64, else 16; the other ids are 16. Times are microseconds, `startMicros` since the epoch. `span.kind` and `error` are
 * tags here, also where the format has fields of their own for them.
 */
export interface ReportedSpan {
  traceId: string;
  spanId: string;
  parentId: string | null;
  operation: string;
  startMicros: number;
  durationMicros: number;
  tags: Tags;
}

/** The spans of one reporter. A request has one of these in Lightstep's format, any number in the others. */
export interface Report {
  /** 16 hex digits; all zero in a format without reporters. */
  reporterId: string;
  /** Tags of the reporter, which are those of all its spans unless they speak of the reporter itself. */
  reporterTags: Tags;
  /** `unknown` where the report names none. */
  service: string;
  /** Whether the body had an access token. The token is nowhere kept: whether there was one is all that anybody needs. */
  hasAccessToken: boolean;
  spans: ReportedSpan[];
}

/** The body is not a report that can be used; the message says why, fit for the answer. */
export class ReportError extends Error {
  override name = "ReportError";
}

/** A trace id of 32 digits without a high half that is zero anyway: so formats agree on an id of 64 bits. */
export function shortestTraceId(hex: string): string {
  return hex.length === 32 && /^0{16}/.test(hex) ? hex.slice(16) : hex;
}
