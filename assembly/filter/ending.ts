// Asks whether an unsampled request ended as usual, so that its span cannot be worth keeping. It asks for single
// attributes: one costs half of an expression, and two cost no more than one.
import { Slice, text } from "../bytes/slice";
import { readProperty } from "../host/properties";
import { Keeping } from "../span/keeping";

const CODE: Slice = text("response\0code");
const GRPC_STATUS: Slice = text("response\0grpc_status");
const DURATION: Slice = text("request\0duration");

const value: Slice = new Slice();

/** False if the number at `path` is absent, as the code is if there was no answer. */
function isWithin(path: Slice, least: u64, most: u64): bool {
  if (!readProperty(path, value) || value.size !== 8) return false;
  let number = load<u64>(value.at);
  return number >= least && number <= most;
}

/** False if the current stream ended otherwise, or nobody knows. The host makes a status up for requests that aren't gRPC's. */
export function endedAsUsual(keeping: Keeping, isGrpc: bool): bool {
  if (keeping.errors && !isWithin(CODE, 1, 499)) return false;
  if (keeping.errors && isGrpc && !isWithin(GRPC_STATUS, 0, 0)) return false;
  let limit = keeping.slowerThanNanos;
  return limit === 0 || isWithin(DURATION, 0, limit);
}
