// gRPC over HTTP by Envoy's rules: which requests are gRPC and which statuses are errors
// (source/common/grpc/common.cc, source/common/tracing/http_tracer_impl.cc).
import { readDecimal, toDecimal } from "../bytes/decimal";
import { Slice, startsWith, text } from "../bytes/slice";

const APPLICATION_GRPC: Slice = text("application/grpc");
const PLUS: u8 = 0x2b;

/** True for `application/grpc`, alone or followed by `+` and a format; not for grpc-web. */
export function isGrpc(contentType: Slice): bool {
  if (!startsWith(contentType, APPLICATION_GRPC)) return false;
  let size = APPLICATION_GRPC.size;
  return contentType.size === size || load<u8>(contentType.at + size) === PLUS;
}

/** True for gRPC and grpc-web: their answers have a status of their own. */
export function hasGrpcStatus(contentType: Slice): bool {
  return startsWith(contentType, APPLICATION_GRPC);
}

/** Unknown 2, DeadlineExceeded 4, ResourceExhausted 8, Unimplemented 12, Internal 13, Unavailable 14, DataLoss 15. */
const ERRORS: u32 = (1 << 2) | (1 << 4) | (1 << 8) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 15);

/** The statuses of errors as a list in CEL. */
export function errorStatuses(): string {
  let all: string[] = [];
  for (let status: u32 = 0; status < 32; status++) if (((ERRORS >> status) & 1) === 1) all.push(toDecimal(status));
  return "[" + all.join(",") + "]";
}

/** True if this `grpc-status` makes the span an error. */
export function isGrpcError(status: Slice): bool {
  let code = readDecimal(status.at, status.size, 0);
  return code < 32 && ((ERRORS >> code) & 1) === 1;
}
