// A sampling rule: conditions on a request's headers, and the threshold for requests that meet them all. It names no header
// but those of the request line.
import { Field } from "../bytes/fields";
import { sameBytes, Slice, startsWith, text } from "../bytes/slice";
import { carrier } from "./carrier";

export const METHOD: Field = carrier.want(text(":method"));
export const PATH: Field = carrier.want(text(":path"));

/** What a condition requires of its header: that it arrived, that it begins with the value, that it equals it. */
const ARRIVED: u32 = 0;
const PREFIX: u32 = 1;
const EXACT: u32 = 2;

class Condition {
  constructor(
    readonly field: Field,
    readonly kind: u32,
    readonly value: Slice,
  ) {}

  /** Of a header with several lines, the first counts. */
  get isMet(): bool {
    let field = this.field;
    if (this.kind === PREFIX) return startsWith(field, this.value);
    if (this.kind === EXACT) return sameBytes(field.at, field.size, this.value.at, this.value.size);
    return field.seen > 0;
  }
}

export class Rule {
  private conditions: Condition[] = [];

  /** `threshold` as in threshold.ts. Without conditions, it matches every request. An empty text adds no condition. */
  constructor(readonly threshold: u64) {}

  whenPathStartsWith(prefix: string): void {
    if (prefix.length > 0) this.conditions.push(new Condition(PATH, PREFIX, text(prefix)));
  }

  whenMethodIs(method: string): void {
    if (method.length > 0) this.conditions.push(new Condition(METHOD, EXACT, text(method)));
  }

  /** If `value` is empty, the header only has to arrive. */
  whenHeaderIs(name: string, value: string): void {
    if (name.length === 0) return;
    let field = carrier.want(text(name));
    this.conditions.push(new Condition(field, value.length > 0 ? EXACT : ARRIVED, text(value)));
  }

  /** True for the request in the carrier. */
  get matches(): bool {
    let conditions = this.conditions;
    for (let i = 0; i < conditions.length; i++) if (!unchecked(conditions[i]).isMet) return false;
    return true;
  }
}
