// The headers that an application forwards from its incoming request to its outgoing ones, so that a mesh can join
// their spans into one trace. Like Bookinfo's own services, ours do nothing else for tracing, and never look at the
// values.
import type { IncomingHttpHeaders } from "node:http";

// The list from Istio's Bookinfo sample (getForwardHeaders in productpage.py, headers_to_propagate in
// LibertyRestEndpoint.java), plus `b3`, which Istio's distributed tracing FAQ asks Zipkin users to forward.
export const forwardedHeaders = [
  "x-request-id",
  "x-ot-span-context",
  "x-datadog-trace-id",
  "x-datadog-parent-id",
  "x-datadog-sampling-priority",
  "traceparent",
  "tracestate",
  "x-cloud-trace-context",
  "grpc-trace-bin",
  "b3",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
  "sw8",
  "end-user",
  "user-agent",
  "cookie",
  "authorization",
  "jwt",
] as const;

/** Selects the headers to forward; their values are unchanged. */
export function forward(headers: IncomingHttpHeaders): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of forwardedHeaders) {
    const value = headers[name];
    if (typeof value === "string") chosen[name] = value;
  }
  return chosen;
}
