// Decodes a list of Zipkin v2 JSON spans into plain values. Node parses the JSON; the required fields follow Zipkin's
// own API description. Knows nothing of HTTP or stored traces.

import { ReportError, shortestTraceId } from "../store/report.ts";
import type { Report, ReportedSpan, Tags } from "../store/report.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a list of spans into one report per service. Throws ReportError. */
export function decodeZipkin(body: Uint8Array): Report[] {
  const list = parse(body);
  if (!Array.isArray(list)) throw new ReportError("the body is not a list of Zipkin spans");
  const byService = new Map<string, Report>();
  list.forEach((value: unknown, index) => {
    const what = `span ${index}`;
    const span = object(value, what);
    const service = optionalText(object(span["localEndpoint"] ?? {}, `${what}'s localEndpoint`), "serviceName", what);
    reportOf(service ?? "unknown", byService).spans.push(readSpan(span, what));
  });
  return [...byService.values()];
}

function reportOf(service: string, byService: Map<string, Report>): Report {
  let report = byService.get(service);
  if (!report) {
    report = { reporterId: "0".repeat(16), reporterTags: {}, service, hasAccessToken: false, spans: [] };
    byService.set(service, report);
  }
  return report;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReportError(`the body is not JSON: ${reason}`, { cause });
  }
}

type Fields = Record<string, unknown>;

function readSpan(span: Fields, what: string): ReportedSpan {
  const tags = readTags(span, what);
  const kind = optionalText(span, "kind", what);
  if (kind !== null) tags["span.kind"] = kind.toLowerCase();
  return {
    traceId: shortestTraceId(hex(span, "traceId", /^([0-9a-f]{16}){1,2}$/, what)),
    spanId: hex(span, "id", /^[0-9a-f]{16}$/, what),
    parentId: "parentId" in span ? hex(span, "parentId", /^[0-9a-f]{16}$/, what) : null,
    operation: optionalText(span, "name", what) ?? "",
    startMicros: wholeNumber(span, "timestamp", what),
    durationMicros: wholeNumber(span, "duration", what),
    tags,
  };
}

function readTags(span: Fields, what: string): Tags {
  const tags = object(span["tags"] ?? {}, `${what}'s tags`);
  // Object.fromEntries makes a tag named __proto__ an ordinary tag.
  return Object.fromEntries(Object.keys(tags).map((name) => [name, optionalText(tags, name, `${what}'s tag`) ?? ""]));
}

function object(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ReportError(`${what} is not an object`);
}

function optionalText(fields: Fields, name: string, what: string): string | null {
  const value = fields[name] ?? null;
  if (value === null || typeof value === "string") return value;
  throw new ReportError(`${what} ${name} is not a string`);
}

function hex(fields: Fields, name: string, pattern: RegExp, what: string): string {
  const value = optionalText(fields, name, what) ?? "";
  if (pattern.test(value) && !/^0+$/.test(value)) return value;
  throw new ReportError(`${what}'s ${name} is ${JSON.stringify(value)}: not an id in lower-case hex of full width`);
}

function wholeNumber(fields: Fields, name: string, what: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new ReportError(`${what}'s ${name} is ${JSON.stringify(value)}: not a whole number of microseconds from 1`);
}
