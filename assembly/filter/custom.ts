// From the configuration's tags.* to tags: those that cannot change are looked up once, the others are read for each span.
import { spell } from "../bytes/decimal";
import { text } from "../bytes/slice";
import { Settings } from "../config/settings";
import { Refusal, Source } from "../config/section";
import { carrier } from "../context/carrier";
import { readEnvironment } from "../host/environment";
import { readHeader, RESPONSE } from "../host/headers";
import { readNode, readProperty } from "../host/properties";
import { CustomTag, MAX_CUSTOM_TAGS, PROPERTY, REQUEST_HEADER, RESPONSE_HEADER, typeOf } from "../span/custom";
import { isOwnName } from "../span/names";
import { ConstantTag } from "../span/node";

/** What became of the tags of one configuration. */
export class CustomTags {
  readonly constant: ConstantTag[] = [];
  readonly changing: CustomTag[] = [];
  private names: string[] = [];

  /** What cannot be goes to `refusal`. */
  constructor(
    settings: Settings,
    private refusal: Refusal,
  ) {
    for (let i = 0; i < settings.literalTags.length; i++) {
      let tag = settings.literalTags[i];
      if (this.takes(tag)) this.addConstant(tag, tag.source);
    }
    for (let i = 0; i < settings.environmentTags.length; i++) {
      let tag = settings.environmentTags[i];
      if (this.takes(tag)) this.addConstant(tag, readEnvironment(tag.source));
    }
    for (let i = 0; i < settings.requestHeaderTags.length; i++)
      this.addHeader(REQUEST_HEADER, settings.requestHeaderTags[i]);
    for (let i = 0; i < settings.responseHeaderTags.length; i++)
      this.addHeader(RESPONSE_HEADER, settings.responseHeaderTags[i]);
    for (let i = 0; i < settings.propertyTags.length; i++) this.addProperty(settings.propertyTags[i]);
  }

  private refuse(tag: Source, found: string, allowed: string): void {
    this.refusal.refuse(tag.path, found, allowed);
  }

  private takes(tag: Source): bool {
    let allowed = "a name that no other tag has";
    if (isOwnName(tag.tag)) this.refuse(tag, "is a tag of Lightspan's own", allowed);
    if (tag.tag.startsWith("lightstep.")) this.refuse(tag, "is taken out by collectors", "a name without lightstep.");
    if (this.names.includes(tag.tag)) this.refuse(tag, "is given twice", allowed);
    if (this.names.length >= <i32>MAX_CUSTOM_TAGS)
      this.refuse(tag, "is one too many", spell(MAX_CUSTOM_TAGS) + " tags");
    this.names.push(tag.tag);
    return this.refusal.reason.length === 0;
  }

  private addConstant(tag: Source, value: string): void {
    let given = value.length > 0 ? value : tag.fallback;
    if (given.length > 0) this.constant.push(new ConstantTag(text(tag.tag), text(given)));
  }

  private addHeader(kind: u32, tag: Source): void {
    if (!this.takes(tag)) return;
    let field = kind === REQUEST_HEADER ? carrier.keep(text(tag.source)) : null;
    this.changing.push(new CustomTag(kind, tag.tag, tag.source, tag.fallback, field));
  }

  /** Properties of the node cannot change. */
  private addProperty(tag: Source): void {
    let path = pathOf(tag.source);
    if (!this.takes(tag)) return;
    let isNode = path.startsWith("xds\0node\0");
    if (isNode) this.addConstant(tag, readNode(path.substring(9)));
    else this.changing.push(new CustomTag(PROPERTY, tag.tag, path, tag.fallback, null, typeOf(tag.source)));
  }
}

/** `xds.node.metadata['app.kubernetes.io/name']` with NUL between the parts, as the host wants it. */
function pathOf(source: string): string {
  let path = "";
  let isQuoted = false;
  for (let i = 0; i < source.length; i++) {
    let unit = source.charAt(i);
    if (!isQuoted && source.substring(i, i + 2) === "['") {
      isQuoted = true;
      path += "\0";
      i++;
    } else if (isQuoted && source.substring(i, i + 2) === "']") {
      isQuoted = false;
      i++;
    } else path += !isQuoted && unit === "." ? "\0" : unit;
  }
  return path;
}

/** Reads the values of `tags` for the stream that has just ended; the request headers have been scanned. */
export function askCustom(tags: CustomTag[]): void {
  for (let i = 0; i < tags.length; i++) {
    let tag = unchecked(tags[i]);
    let field = tag.field;
    if (field !== null) tag.value.set(field.at, field.size);
    else if (tag.kind === RESPONSE_HEADER) readHeader(RESPONSE, tag.key, tag.value);
    else readProperty(tag.key, tag.value);
  }
}
