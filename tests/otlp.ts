// OTLP's spans for tests of sampling: with `trace_state`, which the satellite does not keep. Decodes with OpenTelemetry's own
// definitions. Knows how a trace's random bits are compared with its threshold, and what a backend estimates from that.
import { createRequire } from "node:module";

interface Attribute {
  key: string;
  value: { stringValue?: string | null };
}

interface Decoded {
  traceId: Uint8Array;
  spanId: Uint8Array;
  traceState?: string | null;
  attributes: Attribute[];
}

interface Request {
  resourceSpans: { scopeSpans: { spans: Decoded[] }[] }[];
}

const generated = createRequire(import.meta.url)("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const { ExportTraceServiceRequest } = generated.opentelemetry.proto.collector.trace.v1 as {
  ExportTraceServiceRequest: { decode(body: Uint8Array): Request };
};

export interface OtlpSpan {
  /** 32 hex digits. */
  traceId: string;
  spanId: string;
  traceState: string;
  /** Those that are text. */
  tags: Record<string, string>;
}

/** All spans of a request. */
export function readOtlp(body: Uint8Array): OtlpSpan[] {
  const { resourceSpans } = ExportTraceServiceRequest.decode(body);
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(readSpan)));
}

function readSpan({ traceId, spanId, traceState, attributes }: Decoded): OtlpSpan {
  return {
    traceId: Buffer.from(traceId).toString("hex"),
    spanId: Buffer.from(spanId).toString("hex"),
    traceState: traceState ?? "",
    tags: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? ""])),
  };
}

const RANDOM_BITS = 56n;
const RANDOM_DIGITS = 14;

/** The value of the entry `name` of OpenTelemetry's member in `traceState`. */
function entryOf(traceState: string, name: "th" | "rv"): string | undefined {
  const [, entries = ""] = /(?:^|,)ot=([^,]*)/.exec(traceState) ?? [];
  return entries
    .split(";")
    .find((entry) => entry.startsWith(`${name}:`))
    ?.slice(name.length + 1);
}

/** The 56 random bits of a trace: its `rv`, or the end of its id. */
export function randomnessOf({ traceId, traceState }: Pick<OtlpSpan, "traceId" | "traceState">): bigint {
  return BigInt(`0x${entryOf(traceState, "rv") ?? traceId.slice(-RANDOM_DIGITS)}`);
}

/** The threshold that `th` says; undefined if there is none. */
export function thresholdOf({ traceState }: Pick<OtlpSpan, "traceState">): bigint | undefined {
  const digits = entryOf(traceState, "th");
  return digits === undefined ? undefined : BigInt(`0x${digits.padEnd(RANDOM_DIGITS, "0")}`);
}

/** The probability with which a trace reaches `threshold`. */
export function probabilityOf(threshold: bigint): number {
  return 1 - Number(threshold) / Number(1n << RANDOM_BITS);
}

/** How many traces those of `spans` stand for that say a threshold; one span counts for each trace. */
export function estimate(spans: OtlpSpan[]): number {
  const thresholds = spans.map(thresholdOf).filter((threshold) => threshold !== undefined);
  return thresholds.reduce((sum, threshold) => sum + 1 / probabilityOf(threshold), 0);
}

/** Five standard deviations of an estimate of `count` traces that are sampled with `probability`. */
export function boundOf(count: number, probability: number): number {
  return 5 * Math.sqrt((count * (1 - probability)) / probability);
}
