// Envoy's built-in tracers, configured as in its documentation, and the runtime keys that set their batches.
import type { Config } from "../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";

/** A tracer sends its batch at `spans` spans, and every `intervalMs`. */
export interface Batch {
  spans: number;
  intervalMs: number;
}

const TYPE = "type.googleapis.com/envoy.config.trace.v3";

const zipkin: Config = {
  name: "envoy.tracers.zipkin",
  typed_config: {
    "@type": `${TYPE}.ZipkinConfig`,
    collector_cluster: collectorCluster,
    collector_endpoint: "/api/v2/spans",
    collector_endpoint_version: "HTTP_PROTO",
    trace_id_128bit: true,
    // As in Istio: the callee makes its own span.
    shared_span_context: false,
  },
};

const openTelemetry: Config = {
  name: "envoy.tracers.opentelemetry",
  typed_config: {
    "@type": `${TYPE}.OpenTelemetryConfig`,
    service_name: "reviews.default",
    http_service: { http_uri: { uri: "http://collector/v1/traces", cluster: collectorCluster, timeout: "5s" } },
  },
};

const PROVIDERS = { zipkin, opentelemetry: openTelemetry };

export type Native = keyof typeof PROVIDERS;

/** The tags that Istio gives its proxies' tracers; Lightspan's reports also have them. */
const ISTIO_TAGS: Record<string, string> = {
  "istio.canonical_revision": "v1",
  "istio.canonical_service": "reviews",
  "istio.cluster_id": "Kubernetes",
  "istio.mesh_id": "cluster.local",
  "istio.namespace": "default",
};

/** Connection manager fields that trace every request. */
export function nativeTracing(tracer: Native): Config {
  return { tracing: { random_sampling: { value: 100 }, provider: PROVIDERS[tracer] } };
}

/** The same with Istio's tags on each span, as Istio writes it. */
export function nativeTracingInIstio(tracer: Native): Config {
  const tags = Object.entries(ISTIO_TAGS).map(([tag, value]) => ({ tag, literal: { value } }));
  return { tracing: { ...(nativeTracing(tracer).tracing as Config), custom_tags: tags } };
}

/** Top-level bootstrap fields that set the tracer's batch. */
export function nativeBatch(tracer: Native, { spans, intervalMs }: Batch): Config {
  const keys = {
    [`tracing.${tracer}.min_flush_spans`]: spans,
    [`tracing.${tracer}.flush_interval_ms`]: intervalMs,
  };
  return { layered_runtime: { layers: [{ name: "batches", static_layer: keys }] } };
}
