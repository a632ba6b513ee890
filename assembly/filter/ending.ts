// Asks the one question that tells whether an unsampled request ended as usual, so that its span cannot be worth keeping.
// The host answers it with a single byte. Whatever else it answers, the ending is looked at closely.
import { toDecimal } from "../bytes/decimal";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { compile, evaluate, NO_EXPRESSION } from "../host/expression";
import { errorStatuses } from "../span/grpc";
import { Keeping } from "../span/keeping";

const NANOS_OF_MS: u64 = 1000000;

const answer = Fixed.record<Slice>();

/** A request without an answer has no code, and the question then has no value. */
function questionOf(keeping: Keeping, isGrpc: bool): string {
  let parts: string[] = [];
  if (keeping.errors) parts.push("response.code>0&&response.code<500");
  if (keeping.errors && isGrpc) parts.push("!(response.grpc_status in " + errorStatuses() + ")");
  let limitMs = keeping.slowerThanNanos / NANOS_OF_MS;
  if (limitMs > 0) parts.push("request.duration<=duration('" + toDecimal(limitMs) + "ms')");
  return parts.join("&&");
}

export class Ending {
  private expression: u32 = NO_EXPRESSION;
  /** Of gRPC's requests. For others, the host makes a status up. */
  private grpcExpression: u32 = NO_EXPRESSION;

  /** Has the host compile the questions for the current root context. */
  constructor(keeping: Keeping) {
    if (keeping.isOn) {
      this.expression = compile(text(questionOf(keeping, false)));
      this.grpcExpression = compile(text(questionOf(keeping, true)));
    }
  }

  /** False if the current stream ended otherwise, or nobody knows. */
  isUsual(isGrpc: bool): bool {
    let expression = isGrpc ? this.grpcExpression : this.expression;
    return evaluate(expression, answer) && answer.size === 1 && load<u8>(answer.at) === 1;
  }
}
