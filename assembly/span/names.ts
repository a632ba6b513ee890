// Every tag name that Lightspan writes. They're Envoy's names if Envoy has one (source/common/tracing/common_values.h),
// and Istio's for istio.*.
import { Slice, text, toText } from "../bytes/slice";

export const NODE_ID: Slice = text("node_id");
export const ZONE: Slice = text("zone");
export const COMPONENT: Slice = text("component");
export const SPAN_KIND: Slice = text("span.kind");
export const VERSION: Slice = text("version");
export const ISTIO_CANONICAL_REVISION: Slice = text("istio.canonical_revision");
export const ISTIO_CANONICAL_SERVICE: Slice = text("istio.canonical_service");
export const ISTIO_MESH_ID: Slice = text("istio.mesh_id");
export const ISTIO_WORKLOAD: Slice = text("istio.workload");
export const ISTIO_NAMESPACE: Slice = text("istio.namespace");
export const ISTIO_CLUSTER_ID: Slice = text("istio.cluster_id");

export const SAMPLING_KEPT: Slice = text("sampling.kept");

export const GUID_REQUEST_ID: Slice = text("guid:x-request-id");
export const HTTP_URL: Slice = text("http.url");
export const HTTP_METHOD: Slice = text("http.method");
export const DOWNSTREAM_CLUSTER: Slice = text("downstream_cluster");
export const USER_AGENT: Slice = text("user_agent");
export const HTTP_PROTOCOL: Slice = text("http.protocol");
export const PEER_ADDRESS: Slice = text("peer.address");
export const GUID_CLIENT_TRACE_ID: Slice = text("guid:x-client-trace-id");
export const GRPC_PATH: Slice = text("grpc.path");
export const GRPC_AUTHORITY: Slice = text("grpc.authority");
export const GRPC_CONTENT_TYPE: Slice = text("grpc.content_type");
export const GRPC_TIMEOUT: Slice = text("grpc.timeout");
export const REQUEST_SIZE: Slice = text("request_size");
export const RESPONSE_SIZE: Slice = text("response_size");
export const UPSTREAM_CLUSTER: Slice = text("upstream_cluster");
export const UPSTREAM_CLUSTER_NAME: Slice = text("upstream_cluster.name");
export const HTTP_STATUS_CODE: Slice = text("http.status_code");
export const RESPONSE_FLAGS: Slice = text("response_flags");
export const GRPC_STATUS_CODE: Slice = text("grpc.status_code");
export const GRPC_MESSAGE: Slice = text("grpc.message");
export const ERROR: Slice = text("error");

const ALL: Slice[] = [
  NODE_ID,
  ZONE,
  COMPONENT,
  SPAN_KIND,
  VERSION,
  ISTIO_CANONICAL_REVISION,
  ISTIO_CANONICAL_SERVICE,
  ISTIO_MESH_ID,
  ISTIO_WORKLOAD,
  ISTIO_NAMESPACE,
  ISTIO_CLUSTER_ID,
  SAMPLING_KEPT,
  GUID_REQUEST_ID,
  HTTP_URL,
  HTTP_METHOD,
  DOWNSTREAM_CLUSTER,
  USER_AGENT,
  HTTP_PROTOCOL,
  PEER_ADDRESS,
  GUID_CLIENT_TRACE_ID,
  GRPC_PATH,
  GRPC_AUTHORITY,
  GRPC_CONTENT_TYPE,
  GRPC_TIMEOUT,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  UPSTREAM_CLUSTER,
  UPSTREAM_CLUSTER_NAME,
  HTTP_STATUS_CODE,
  RESPONSE_FLAGS,
  GRPC_STATUS_CODE,
  GRPC_MESSAGE,
  ERROR,
];

/** True for the names in this file. Custom tags can't use them. */
export function isOwnName(value: string): bool {
  for (let i = 0; i < ALL.length; i++) if (toText(unchecked(ALL[i])) === value) return true;
  return false;
}
