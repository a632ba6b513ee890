// The reporter that collectors see: what all spans of one configuration have in common. It knows no wire format, and not
// which root contexts share a delivery (members.ts).
import { toDecimal } from "../bytes/decimal";
import { Slice, text, toText } from "../bytes/slice";
import { makeValid } from "../bytes/utf8";
import { ConstantTag } from "../span/span";

/** The version in package.json; a test checks that they agree. */
export const LIGHTSPAN_VERSION: Slice = text("0.1.0");

/** `value` as valid UTF-8: receivers reject a report for one bad byte. */
function validText(value: string): Slice {
  let slice = text(value);
  makeValid(slice);
  return slice;
}

/** `word` with its length in front, so that it may contain any character. */
function sized(word: string): string {
  return toDecimal(word.length) + " " + word;
}

export class Reporter {
  readonly service: Slice;
  /** Empty if unknown. */
  readonly version: Slice;

  /** `tags` are made valid UTF-8, as all texts are. */
  constructor(
    service: string,
    version: string,
    readonly tags: ConstantTag[],
    /** "" if there is none. */
    readonly accessToken: string,
  ) {
    this.service = validText(service);
    this.version = validText(version);
    for (let i = 0; i < tags.length; i++) makeValid(tags[i].value);
  }

  /** The tags of a resource: the service under the name `serviceName`, its version, and the constant tags. */
  resourceTags(serviceName: Slice): ConstantTag[] {
    let tags = [new ConstantTag(serviceName, this.service)];
    if (this.version.size > 0) tags.push(new ConstantTag(text("service.version"), this.version));
    for (let i = 0; i < this.tags.length; i++) tags.push(this.tags[i]);
    return tags;
  }

  /** Equal for two reporters if and only if everything they say is equal. */
  get identity(): string {
    let identity = sized(toText(this.service)) + sized(toText(this.version)) + sized(this.accessToken);
    for (let i = 0; i < this.tags.length; i++) {
      let tag = this.tags[i];
      identity += sized(toText(tag.name)) + sized(toText(tag.value));
    }
    return identity;
  }
}
