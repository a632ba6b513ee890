// Everything Envoy reports about a stream that has ended: a plain record that filter/ fills and the rest of this room
// reads. It holds only views; the bytes live as long as the callback.
import { Field } from "../bytes/fields";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { carrier } from "../context/carrier";

// The request headers that a span needs. They're saved while the stream is open, because over HTTP/3 they can't be read
// at its end.
export const METHOD: Field = carrier.save(text(":method"));
export const SCHEME: Field = carrier.save(text(":scheme"));
export const AUTHORITY: Field = carrier.save(text(":authority"));
export const PATH: Field = carrier.save(text(":path"));
export const ORIGINAL_PATH: Field = carrier.save(text("x-envoy-original-path"));
export const USER_AGENT: Field = carrier.save(text("user-agent"));
export const REQUEST_ID: Field = carrier.save(text("x-request-id"));
export const CLIENT_TRACE_ID: Field = carrier.save(text("x-client-trace-id"));
export const DOWNSTREAM_CLUSTER: Field = carrier.save(text("x-envoy-downstream-service-cluster"));
export const DECORATOR_OPERATION: Field = carrier.save(text("x-envoy-decorator-operation"));
export const CONTENT_TYPE: Field = carrier.save(text("content-type"));
export const GRPC_TIMEOUT: Field = carrier.save(text("grpc-timeout"));
export const TRACESTATE: Field = carrier.save(text("tracestate"));

const AT_SIGN: u8 = 0x40;
const authority = Fixed.record<Slice>();

/** Drops user and password from an authority, so that they appear in no tag and no name. */
export function hideCredentials(authority: Slice): void {
  let end = authority.at + authority.size;
  let at = end;
  while (at > authority.at && load<u8>(at - 1) !== AT_SIGN) at--;
  authority.set(at, <u32>(end - at));
}

/** The authority without credentials. */
export function publicAuthority(): Slice {
  authority.copyFrom(AUTHORITY);
  hideCredentials(authority);
  return authority;
}

/** The rest of a span's data, from Envoy's attributes and the response. */
@unmanaged
export class Exchange {
  /** Wall-clock time, nanoseconds since the Unix epoch. */
  startNanos: u64 = 0;
  durationNanos: u64 = 0;
  /** Body bytes received from and sent to downstream. */
  requestBytes: u64 = 0;
  responseBytes: u64 = 0;
  /** 0 if there was no response. */
  statusCode: u32 = 0;
  /** Envoy's response flags, one per bit. */
  responseFlags: u64 = 0;
  /** Whether the listener serves the workload's own calls. */
  isOutbound: bool = false;
  protocol: Slice = new Slice();
  /** `address:port` of the peer. */
  peer: Slice = new Slice();
  /** The upstream cluster's name. */
  cluster: Slice = new Slice();
  /** Host of the cluster's service, if Istio put it into the cluster's metadata. */
  clusterHost: Slice = new Slice();
  /**
   * Name of the route's virtual host, if it was requested. In Istio's inbound routes it contains the service's port.
   */
  virtualHost: Slice = new Slice();
  grpcStatus: Slice = new Slice();
  /** Whether the grpc-status in headers or trailers is an error. */
  isGrpcError: bool = false;
  grpcMessage: Slice = new Slice();
}

export const exchange = new Exchange();
