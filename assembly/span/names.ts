// Every tag name that Lightspan writes. They're Envoy's names if Envoy has one (source/common/tracing/common_values.h),
// and Istio's for istio.*.
import { Slice, text, toText } from "../bytes/slice";

const all: Slice[] = [];

function name(spelling: Slice): Slice {
  all.push(spelling);
  return spelling;
}

/** True for the names in this file. Custom tags can't use them. */
export function isOwnName(value: string): bool {
  for (let i = 0; i < all.length; i++) if (toText(all[i]) === value) return true;
  return false;
}

export const NODE_ID: Slice = name(text("node_id"));
export const ZONE: Slice = name(text("zone"));
export const COMPONENT: Slice = name(text("component"));
export const SPAN_KIND: Slice = name(text("span.kind"));
export const VERSION: Slice = name(text("version"));
export const ISTIO_CANONICAL_REVISION: Slice = name(text("istio.canonical_revision"));
export const ISTIO_CANONICAL_SERVICE: Slice = name(text("istio.canonical_service"));
export const ISTIO_MESH_ID: Slice = name(text("istio.mesh_id"));
export const ISTIO_WORKLOAD: Slice = name(text("istio.workload"));
export const ISTIO_NAMESPACE: Slice = name(text("istio.namespace"));
export const ISTIO_CLUSTER_ID: Slice = name(text("istio.cluster_id"));

export const SAMPLING_KEPT: Slice = name(text("sampling.kept"));

export const GUID_REQUEST_ID: Slice = name(text("guid:x-request-id"));
export const HTTP_URL: Slice = name(text("http.url"));
export const HTTP_METHOD: Slice = name(text("http.method"));
export const DOWNSTREAM_CLUSTER: Slice = name(text("downstream_cluster"));
export const USER_AGENT: Slice = name(text("user_agent"));
export const HTTP_PROTOCOL: Slice = name(text("http.protocol"));
export const PEER_ADDRESS: Slice = name(text("peer.address"));
export const GUID_CLIENT_TRACE_ID: Slice = name(text("guid:x-client-trace-id"));
export const GRPC_PATH: Slice = name(text("grpc.path"));
export const GRPC_AUTHORITY: Slice = name(text("grpc.authority"));
export const GRPC_CONTENT_TYPE: Slice = name(text("grpc.content_type"));
export const GRPC_TIMEOUT: Slice = name(text("grpc.timeout"));
export const REQUEST_SIZE: Slice = name(text("request_size"));
export const RESPONSE_SIZE: Slice = name(text("response_size"));
export const UPSTREAM_CLUSTER: Slice = name(text("upstream_cluster"));
export const UPSTREAM_CLUSTER_NAME: Slice = name(text("upstream_cluster.name"));
export const HTTP_STATUS_CODE: Slice = name(text("http.status_code"));
export const RESPONSE_FLAGS: Slice = name(text("response_flags"));
export const GRPC_STATUS_CODE: Slice = name(text("grpc.status_code"));
export const GRPC_MESSAGE: Slice = name(text("grpc.message"));
export const ERROR: Slice = name(text("error"));
