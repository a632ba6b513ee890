// Asks the one question that tells whether an unsampled request ended as usual, so that its span cannot be worth keeping.
// One attribute is asked for by itself, which costs half of an expression; several are asked about in one expression.
// After any other answer, the ending is looked at closely.
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

  /** False if the current stream ended otherwise, or nobody knows. The host makes up a status if the request is not gRPC's. */
  isUsual(isGrpc: bool): bool {
    let keeping = this.keeping;
    let limit = keeping.slowerThanNanos;
    if (!keeping.errors) return isWithin(DURATION, 0, limit);
    if (isGrpc) return isTrue(this.grpcExpression);
    return limit > 0 ? isTrue(this.expression) : isWithin(CODE, 1, 499);
  }
}
