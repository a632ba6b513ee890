// Requests as a sidecar of Bookinfo sees them, and how they end.
import { HeaderMap } from "../../host/headers.ts";
import { properties, type Attributes, type Properties } from "../../host/properties.ts";

export const TRACE_ID = "80f198ee56343ba864fe8b2a57d3eff7";
export const SPAN_ID = "e457b5a2e4d86bd1";

const REQUEST: [string, string][] = [
  [":method", "GET"],
  [":path", "/reviews/0"],
  [":scheme", "http"],
  [":authority", "reviews:9080"],
  ["user-agent", "python-requests/2.32.3"],
  ["accept", "*/*"],
  ["accept-encoding", "gzip, deflate"],
  ["x-request-id", "5ee44d4a-3d0e-94d6-8eb5-cb6fc1f3d3f7"],
  ["x-forwarded-proto", "http"],
  ["x-envoy-downstream-service-cluster", "productpage.default"],
];

/** A request with the headers `more`. */
export function request(more: Record<string, string> = {}): [string, string][] {
  return [...REQUEST, ...Object.entries(more)];
}

/** No trace context: a trace starts here. */
const sampledRequest = request({ "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "1" });
const unsampledRequest = request({ "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID, "x-b3-sampled": "0" });
export const FRESH: HeaderMap = HeaderMap.from(request());
export const SAMPLED: HeaderMap = HeaderMap.from(sampledRequest);
export const UNSAMPLED: HeaderMap = HeaderMap.from(unsampledRequest);
/** As the next sidecar gets it: both formats that Lightspan writes. */
export const SAMPLED_IN_BOTH: HeaderMap = HeaderMap.from([
  ...sampledRequest,
  ["traceparent", `00-${TRACE_ID}-${SPAN_ID}-01`],
]);
export const UNSAMPLED_IN_BOTH: HeaderMap = HeaderMap.from([
  ...unsampledRequest,
  ["traceparent", `00-${TRACE_ID}-${SPAN_ID}-00`],
]);

/** The attributes of a stream that ended well, with `changes` by section. */
export function ended(changes: Record<string, Attributes> = {}): Properties {
  return properties({
    ...changes,
    request: {
      time: 1_700_000_000_123_456_000n,
      duration: 1_260_000_000n,
      protocol: "HTTP/1.1",
      total_size: 300,
      ...changes.request,
    },
    response: { code: 200, flags: 0, size: 375, backend_latency: 1_000_000n, ...changes.response },
    source: { address: "172.17.0.11:41234", ...changes.source },
    xds: { cluster_name: "outbound|9080|v3|reviews.default.svc.cluster.local", ...changes.xds },
  });
}

export const OK: Properties = ended();
export const ANSWERED: HeaderMap = HeaderMap.from([
  [":status", "200"],
  ["content-type", "application/json"],
  ["server", "envoy"],
]);
