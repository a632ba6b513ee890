// The variants that are measured side by side: Envoy configurations that differ only in the tracing.
import { relative } from "node:path";
import type { Config } from "../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";
import type { Format } from "../collector/count.ts";
import type { Modules } from "./modules.ts";
import { nativeBatch, nativeTracing, nativeTracingInIstio, type Batch, type Native } from "./tracers.ts";

export interface Variant {
  /** Short and the same in every run: its name in the JSON file. */
  name: string;
  label: string;
  /** The format of its reports; null for a variant that reports nothing. */
  format: Format | null;
  /** The expected spans: one for each request, as many as Lightspan's own counter says, or none. */
  spans: "each" | "some" | "none";
  /** The longest time a span may wait for its batch. */
  flushMs: number;
  wasm?: { path: string; config: Config | string };
  connectionManager?: Config;
  /** Top-level fields of the bootstrap. */
  bootstrap?: Config;
  /** Headers that every request to it carries. */
  headers?: Record<string, string>;
  /** The variant without tracing that gets the same requests, to compare with; null if this is one. */
  base: string | null;
}

const LIGHTSPAN_FLUSH_MS = 1000;
/** Envoy's tracers: source/extensions/tracers/zipkin and opentelemetry. */
const NATIVE_DEFAULT: Batch = { spans: 5, intervalMs: 5000 };
/** Lightspan's default. */
const LIGHTSPAN_DEFAULT: Batch = { spans: 200, intervalMs: LIGHTSPAN_FLUSH_MS };

/** A request of an unsampled trace, as an application forwards it that knows B3 alone: `traceparent` is added. */
export const UNSAMPLED = {
  "x-b3-traceid": "80f198ee56343ba864fe8b2a57d3eff7",
  "x-b3-spanid": "e457b5a2e4d86bd1",
  "x-b3-sampled": "0",
};

/** A request of a sampled trace, in formats that every tracer here understands. */
export const CONTINUED = {
  "x-b3-traceid": "80f198ee56343ba864fe8b2a57d3eff7",
  "x-b3-spanid": "e457b5a2e4d86bd1",
  "x-b3-sampled": "1",
  traceparent: "00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-01",
};

export const NO_TRACING: Variant = {
  name: "none",
  label: "no tracing",
  format: null,
  spans: "none",
  flushMs: 0,
  base: null,
};

/** Any Envoy must read and pass on the three additional headers. */
export const NO_TRACING_OF_UNSAMPLED: Variant = {
  ...NO_TRACING,
  name: "none-b3",
  label: "no tracing, requests with B3",
  headers: UNSAMPLED,
};

/** A module that does nothing, in Lightspan's place. */
export function hollow(name: string, label: string, path: string): Variant {
  return { ...NO_TRACING, name, label, wasm: { path, config: {} }, base: NO_TRACING.name };
}

/** Lightspan with `config` added to the required settings; `path` is the module. */
export function lightspan(name: string, label: string, path: string, config: Config = {}): Variant {
  return {
    name,
    label,
    format: "lightstep",
    spans: "each",
    flushMs: LIGHTSPAN_FLUSH_MS,
    wasm: { path, config: { collector: { cluster: collectorCluster }, ...config } },
    base: NO_TRACING.name,
  };
}

/** Lightspan writing one header; every span is still sent with all its tags. */
export function lean(path: string): Variant {
  return lightspan("lean", "Lightspan, every span, one header written", path, { propagation: { inject: ["b3"] } });
}

/** One of Envoy's own tracers with its default batch, or with `batch`. */
export function native(tracer: Native, batch?: Batch): Variant {
  const { spans, intervalMs } = batch ?? NATIVE_DEFAULT;
  const title = tracer === "zipkin" ? "Zipkin" : "OpenTelemetry";
  return {
    name: `${tracer}-${spans}`,
    label: `native ${title}, batches of ${spans}${batch === undefined ? " (default)" : ""}`,
    format: tracer === "zipkin" ? "zipkin" : "otlp",
    spans: "each",
    flushMs: intervalMs,
    connectionManager: nativeTracing(tracer),
    base: NO_TRACING.name,
    ...(batch === undefined ? {} : { bootstrap: nativeBatch(tracer, batch) }),
  };
}

/** The variant that the others are compared with. */
export const NATIVE: Variant = native("opentelemetry");

/** Its spans say as much as Lightspan's. */
const NATIVE_IN_ISTIO: Variant = {
  ...NATIVE,
  name: "opentelemetry-istio",
  label: "native OpenTelemetry, with Istio's tags",
  connectionManager: nativeTracingInIstio("opentelemetry"),
};

/** The extremes of what the module at `path` costs: no span made, and every span sent. */
function extremes(path: string, name: string, unsampledName: string, label: string): [Variant, Variant] {
  const recording = lightspan(name, `${label}, every span`, path);
  const unsampled: Variant = { ...recording, spans: "none", headers: UNSAMPLED, base: NO_TRACING_OF_UNSAMPLED.name };
  return [{ ...unsampled, name: unsampledName, label: `${label}, unsampled` }, recording];
}

/** The filter of bench/peer, of the same shape and with the same batches. Its configuration is the cluster's name. */
function peer(path: string): Variant {
  const label = "a filter in Rust, proxy-wasm crate, every span";
  return { ...lightspan("rust", label, path), wasm: { path, config: collectorCluster } };
}

/** Optional modules with rows in the main table. */
export interface OptionalModules {
  /** Another build of the module. */
  against?: string;
  /** The module of bench/peer. */
  rust?: string;
}

/** The rows of the main table. */
export function mainVariants(
  { lightspan: path, empty, minimal }: Modules,
  { against, rust }: OptionalModules = {},
): Variant[] {
  const [unsampled, recording] = extremes(path, "lightspan", "unsampled", "Lightspan");
  const keeping = lightspan("keeping", "Lightspan, unsampled, errors kept", path, { sampling: { keep_errors: true } });
  const rate = lightspan("rate", "Lightspan, 1 % of the traces", path, { sampling: { rate: 0.01 } });
  return [
    NO_TRACING,
    NO_TRACING_OF_UNSAMPLED,
    hollow("minimal", "empty module without callbacks", minimal),
    hollow("empty", "empty module with Lightspan's callbacks", empty),
    unsampled,
    { ...keeping, spans: "none", headers: UNSAMPLED, base: NO_TRACING_OF_UNSAMPLED.name },
    { ...rate, spans: "some" },
    recording,
    ...(against === undefined ? [] : extremes(against, "other", "other-unsampled", relative("", against))),
    ...(rust === undefined ? [] : [peer(rust)]),
    native("zipkin", LIGHTSPAN_DEFAULT),
    native("zipkin"),
    native("opentelemetry", LIGHTSPAN_DEFAULT),
    NATIVE,
    NATIVE_IN_ISTIO,
  ];
}
