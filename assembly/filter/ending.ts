// Asks one question about an unsampled request: did it end as usual? If so, its span isn't worth keeping. A single attribute
// costs half as much as an expression, so only several attributes go into one. After any other answer, all that a span needs
// is fetched.
import { toDecimal } from "../bytes/decimal";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { compile, evaluate, NO_EXPRESSION } from "../host/expression";
import { readProperty } from "../host/properties";
import { errorStatuses } from "../span/grpc";
import { Keeping } from "../span/keeping";

const NANOS_OF_MS: u64 = 1000000;

const CODE: Slice = text("response\0code");
const DURATION: Slice = text("request\0duration");

const value = Fixed.record<Slice>();

/** A request without an answer has no code, and the question then has no value. */
function questionOf(keeping: Keeping, isGrpc: bool): string {
  let question = "response.code>0&&response.code<500";
  if (isGrpc) question += "&&!(response.grpc_status in " + errorStatuses() + ")";
  let limitMs = keeping.slowerThanNanos / NANOS_OF_MS;
  if (limitMs > 0) question += "&&request.duration<=duration('" + toDecimal(limitMs) + "ms')";
  return question;
}

/** False if the number at `path` is absent. */
function isWithin(path: Slice, least: u64, most: u64): bool {
  if (!readProperty(path, value) || value.size !== 8) return false;
  let number = load<u64>(value.at);
  return number >= least && number <= most;
}

/** False if `expression` has no value. */
function isTrue(expression: u32): bool {
  return evaluate(expression, value) && value.size === 1 && load<u8>(value.at) === 1;
}

export class Ending {
  private expression: u32 = NO_EXPRESSION;
  private grpcExpression: u32 = NO_EXPRESSION;

  /** Has the host compile the questions for the current root context. */
  constructor(private keeping: Keeping) {
    if (keeping.errors) {
      if (keeping.slowerThanNanos > 0) this.expression = compile(text(questionOf(keeping, false)));
      this.grpcExpression = compile(text(questionOf(keeping, true)));
    }
  }

  /** False if the current stream ended otherwise, or the host can't say. For requests that aren't gRPC, it invents a gRPC status. */
  isUsual(isGrpc: bool): bool {
    let keeping = this.keeping;
    let limit = keeping.slowerThanNanos;
    if (!keeping.errors) return isWithin(DURATION, 0, limit);
    if (isGrpc) return isTrue(this.grpcExpression);
    if (this.expression !== NO_EXPRESSION) return isTrue(this.expression);
    return isWithin(CODE, 1, 499) && (limit === 0 || isWithin(DURATION, 0, limit));
  }
}
