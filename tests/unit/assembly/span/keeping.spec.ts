import { toText } from "../../../../assembly/bytes/slice";
import { exchange } from "../../../../assembly/span/exchange";
import { Keeping } from "../../../../assembly/span/keeping";

const SECOND: u64 = 1000000000;

const ERRORS = new Keeping(true, 0);
const SLOW = new Keeping(false, SECOND);
const BOTH = new Keeping(true, SECOND);
const NONE = new Keeping(false, 0);

/** Why the span of such an exchange is kept; "" if it is not. */
function reason(keeping: Keeping, statusCode: u32, durationNanos: u64, isGrpcError: bool = false): string {
  exchange.statusCode = statusCode;
  exchange.durationNanos = durationNanos;
  exchange.isGrpcError = isGrpcError;
  return toText(keeping.reasonFor(exchange));
}

describe("a span of an unsampled trace", () => {
  it("is kept if it is an error, by the rule of the tag error", () => {
    expect(reason(ERRORS, 500, 1)).toBe("error");
    expect(reason(ERRORS, 599, 1)).toBe("error");
    expect(reason(ERRORS, 0, 1)).toBe("error", "no response");
    expect(reason(ERRORS, 200, 1, true)).toBe("error", "gRPC's status");
    expect(reason(ERRORS, 200, 1)).toBe("");
    expect(reason(ERRORS, 404, 1)).toBe("");
    expect(reason(ERRORS, 499, 1)).toBe("");
    expect(reason(ERRORS, 600, 1)).toBe("");
  });

  it("is kept if it lasted longer than the limit, not as long", () => {
    expect(reason(SLOW, 200, SECOND + 1)).toBe("slow");
    expect(reason(SLOW, 200, SECOND)).toBe("");
    expect(reason(SLOW, 200, u64.MAX_VALUE)).toBe("slow");
    expect(reason(SLOW, 200, 0)).toBe("");
  });

  it("is kept for its error if it is both", () => {
    expect(reason(BOTH, 503, SECOND + 1)).toBe("error");
    expect(reason(BOTH, 503, 1)).toBe("error");
    expect(reason(BOTH, 200, SECOND + 1)).toBe("slow");
    expect(reason(BOTH, 200, 1)).toBe("");
  });

  it("is not kept for what was not asked for", () => {
    expect(reason(ERRORS, 200, u64.MAX_VALUE)).toBe("");
    expect(reason(SLOW, 500, 1)).toBe("");
    expect(reason(NONE, 500, u64.MAX_VALUE)).toBe("");
  });
});

describe("keeping", () => {
  it("is on if errors or slow spans are kept", () => {
    expect(ERRORS.isOn).toBe(true);
    expect(SLOW.isOn).toBe(true);
    expect(BOTH.isOn).toBe(true);
    expect(NONE.isOn).toBe(false);
  });
});
