// The headers that an application passes on from the request it got to the requests it makes, so that a mesh can join
// its spans into one trace. Bookinfo's services do nothing else for tracing, and neither do ours: the values are
// opaque.
import type { IncomingHttpHeaders } from "node:http";

// The list of Istio's Bookinfo sample (productpage.py getForwardHeaders and LibertyRestEndpoint.java
// headers_to_propagate), and `b3`, which Istio's distributed tracing FAQ asks Zipkin users to forward as well.
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

/** Those of the headers that are to be forwarded, unchanged. */
export function forward(headers: IncomingHttpHeaders): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of forwardedHeaders) {
    const value = headers[name];
    if (typeof value === "string") chosen[name] = value;
  }
  return chosen;
}
