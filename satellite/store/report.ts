// A report as plain values: the decoders of all formats produce it, and the rest consumes it. Knows no wire format.

/** The wire formats that the satellite receives. */
export type FormatName = "lightstep" | "otlp" | "zipkin";
export type Transport = "http" | "grpc";

export type TagValue = string | number | boolean;
export type Tags = Record<string, TagValue>;

/**
 * One span as reported. `traceId` has 32 lower-case hex digits if the format carried a high half that is not zero, else
 * 16; the other ids have 16. Times are microseconds, `startMicros` since the epoch. `span.kind` and `error` are tags
 * here, even if the format has dedicated fields for them.
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

/** The spans of one reporter. A Lightstep request has exactly one of these, the other formats any number. */
export interface Report {
  /** 16 hex digits; all zero if the format has no reporters. */
  reporterId: string;
  /** Tags of the reporter. They apply to all its spans, except those that describe the reporter itself. */
  reporterTags: Tags;
  /** `unknown` if the report names none. */
  service: string;
  /** Whether the body had an access token. The token itself is never stored. */
  hasAccessToken: boolean;
  spans: ReportedSpan[];
}

/** The body is not a usable report. The message says why, and goes into the answer. */
export class ReportError extends Error {
  override name = "ReportError";
}

/** Drops the high half of a 32-digit trace id if it is zero, so that all formats agree on a 64-bit id. */
export function shortestTraceId(hex: string): string {
  return hex.length === 32 && /^0{16}/.test(hex) ? hex.slice(16) : hex;
}
