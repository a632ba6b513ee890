// Turns the configuration's tags.* into tags. Values that cannot change are looked up once; the others are read for each
// span.
import { toDecimal } from "../bytes/decimal";
import { over, Slice, text, toText } from "../bytes/slice";
import { Settings } from "../config/settings";
import { Refusal, Source } from "../config/section";
import { carrier } from "../context/carrier";
import { readEnvironment } from "../host/environment";
import { readHeader, RESPONSE } from "../host/headers";
import { readNode, readNodeMessage, readProperty } from "../host/properties";
import { CustomTag, MAX_CUSTOM_TAGS, PROPERTY, REQUEST_HEADER, RESPONSE_HEADER } from "../span/custom";
import { spellMetadata } from "../span/metadata";
import { isOwnName } from "../span/names";
import { ConstantTag } from "../span/span";

/** Kinds of tags that cannot change, besides those of span/custom.ts. */
const LITERAL: u32 = 3;
const ENVIRONMENT: u32 = 4;

/** Bytes that a list or an object of the node's metadata may have as JSON. */
const MAX_NODE_VALUE: u32 = 65535;

/** The tags of one configuration. */
export class CustomTags {
  readonly constant: ConstantTag[] = [];
  readonly changing: CustomTag[] = [];
  private names: string[] = [];
  /** The node's message, read when the first tag needs it. */
  private node: Slice = over(0, 0);

  /** Invalid entries are reported through `refusal`. */
  constructor(
    settings: Settings,
    private refusal: Refusal,
  ) {
    this.addAll(LITERAL, settings.literalTags);
    this.addAll(ENVIRONMENT, settings.environmentTags);
    this.addAll(REQUEST_HEADER, settings.requestHeaderTags);
    this.addAll(RESPONSE_HEADER, settings.responseHeaderTags);
    this.addAll(PROPERTY, settings.propertyTags);
  }

  private addAll(kind: u32, tags: Source[]): void {
    for (let i = 0; i < tags.length; i++) {
      let tag = unchecked(tags[i]);
      if (!this.takes(tag)) continue;
      if (kind === LITERAL) this.addConstant(tag, tag.source);
      else if (kind === ENVIRONMENT) this.addConstant(tag, readEnvironment(tag.source));
      else if (kind === PROPERTY) this.addProperty(tag);
      else this.addHeader(kind, tag);
    }
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
      this.refuse(tag, "is one too many", toDecimal(MAX_CUSTOM_TAGS) + " tags");
    this.names.push(tag.tag);
    return this.refusal.reason.length === 0;
  }

  private addConstant(tag: Source, value: string): void {
    let given = value.length > 0 ? value : tag.fallback;
    if (given.length > 0) this.constant.push(new ConstantTag(text(tag.tag), text(given)));
  }

  private addHeader(kind: u32, tag: Source): void {
    let name = kind === REQUEST_HEADER ? headerNameOf(tag.source) : tag.source;
    let field = kind === REQUEST_HEADER ? carrier.save(text(name)) : null;
    this.changing.push(new CustomTag(kind, tag.tag, name, tag.fallback, field));
  }

  /** Properties of the node cannot change, so they become constant tags. */
  private addProperty(tag: Source): void {
    let path = pathOf(tag.source);
    let node = path.startsWith("xds\0node\0") ? path.substring(9) : "";
    if ((node + "\0").startsWith("metadata\0")) this.addConstant(tag, this.nodeMetadata(node.substring(8)));
    else if (node.length > 0) this.addConstant(tag, readNode(node));
    else this.addChanging(new CustomTag(PROPERTY, tag.tag, path, tag.fallback, null));
  }

  /** Several tags often take their values from one message, which is asked for once. */
  private addChanging(tag: CustomTag): void {
    for (let i = 0; i < this.changing.length; i++) {
      let other = this.changing[i];
      if (other.kind === PROPERTY && toText(other.key) === toText(tag.key)) tag.twin = i;
    }
    this.changing.push(tag);
  }

  /** The value at `path` in the node's metadata, as text; "" if there is none. */
  private nodeMetadata(path: string): string {
    let value = over(0, 0);
    if (this.node.size === 0) readNodeMessage(this.node);
    value.copyFrom(this.node);
    spellMetadata(value, text(path), true, MAX_NODE_VALUE);
    return toText(value);
  }
}

/** What Envoy calls the request header `name`: `host` is as in HTTP/2. */
export function headerNameOf(name: string): string {
  return name === "host" ? ":authority" : name;
}

/** `xds.node.metadata['app.kubernetes.io/name']` or `…services[0]` with NUL between its parts, as the host wants it. */
function pathOf(source: string): string {
  let path = "";
  /** The text that closes the open bracket; "" outside of brackets. */
  let end = "";
  for (let i = 0; i < source.length; i++) {
    let unit = source.charAt(i);
    if (end.length > 0 && source.startsWith(end, i)) {
      i += end.length - 1;
      end = "";
    } else if (end.length === 0 && unit === "[") {
      let quote = source.charAt(i + 1);
      let isQuoted = quote === "'" || quote === '"';
      end = isQuoted ? quote + "]" : "]";
      if (isQuoted) i++;
      path += "\0";
    } else path += end.length === 0 && unit === "." ? "\0" : unit;
  }
  return path;
}

/** Reads the values of `tags` for the stream that has just ended. The carrier must hold its request headers. */
export function askCustom(tags: CustomTag[]): void {
  for (let i = 0; i < tags.length; i++) {
    let tag = unchecked(tags[i]);
    let field = tag.field;
    if (tag.twin >= 0) {
      let value = unchecked(tags[tag.twin]).value;
      tag.value.copyFrom(value);
    } else if (field !== null) tag.value.copyFrom(field);
    else if (tag.kind === RESPONSE_HEADER) readHeader(RESPONSE, tag.key, tag.value);
    else readProperty(tag.key, tag.value);
  }
}
