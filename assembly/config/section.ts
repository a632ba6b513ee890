// Takes the values out of one JSON object and checks each: type, range, what is allowed; at the end, that no key is left
// that nobody knows. The first mistake is kept, with the path, what was found and what is allowed.
import { spell } from "../bytes/decimal";
import { ARRAY, BOOLEAN, Json, NULL, NUMBER, OBJECT, STRING } from "./json";
import { normalForm } from "./normal";

const COMMA: i32 = 0x2c;

/** 1 as Json.number has it. */
const ONE: i64 = 10000;

/** The first mistake found, or "". */
export class Refusal {
  reason: string = "";

  refuse(path: string, found: string, allowed: string): void {
    if (this.reason.length === 0) this.reason = path + ": " + found + "; allowed: " + allowed;
  }
}

function typeName(value: Json): string {
  if (value.type === NULL) return "null";
  if (value.type === BOOLEAN) return "a boolean";
  if (value.type === NUMBER) return "a number";
  if (value.type === STRING) return "a string";
  return value.type === ARRAY ? "an array" : "an object";
}

/** How a value is shown in a message: short, on one line. */
function show(value: Json): string {
  if (value.raw.length === 0) return "found " + typeName(value);
  return "found " + (value.raw.length > 60 ? value.raw.substring(0, 60) + "…" : value.raw);
}

/** The place of a word in a list of words with a comma and a space between them; -1 if it is none of them. */
function placeOf(word: string, words: string): i32 {
  if (word.includes(",")) return -1;
  let at = (" " + words + ",").indexOf(" " + word + ",");
  let index = 0;
  for (let i = 0; i < at; i++) if (words.charCodeAt(i) === COMMA) index++;
  return at < 0 ? -1 : index;
}

/** Like placeOf(); -1 also if it isn't a string. */
function indexIn(words: string, value: Json): i32 {
  return value.type === STRING ? placeOf(value.text, words) : -1;
}

/** The entries of an object of strings, in order. */
export class Entries {
  keys: string[] = [];
  values: string[] = [];

  add(key: string, value: string): void {
    this.keys.push(key);
    this.values.push(value);
  }
}

/** Where a tag's value comes from: one entry of tags.* . */
export class Source {
  constructor(
    /** Path of the entry, for messages. */
    readonly path: string,
    readonly tag: string,
    readonly source: string,
    /** The value where the source has none; "" = then there is no tag. */
    readonly fallback: string,
  ) {}
}

export class Section {
  private known: string[] = [];

  /** `value` null is an absent object: every key has its default. */
  constructor(
    private path: string,
    private value: Json | null,
    private refusal: Refusal,
  ) {
    if (value !== null && value.type !== OBJECT) {
      // Not what it says: a whole configuration may stand there as text, its token too.
      refusal.refuse(path.length > 0 ? path : "configuration", "found " + typeName(value), "an object");
      this.value = null;
    }
  }

  /** As in normal.ts; "" if the section is absent. */
  get normalForm(): string {
    let value = this.value;
    return value === null ? "" : normalForm(value);
  }

  private pathOf(key: string): string {
    return this.path.length > 0 ? this.path + "." + key : key;
  }

  private find(key: string): Json | null {
    this.known.push(key);
    let value = this.value;
    if (value === null) return null;
    let index = value.keys.indexOf(key);
    return index < 0 ? null : value.items[index];
  }

  private refuse(key: string, found: string, allowed: string): void {
    this.refusal.refuse(this.pathOf(key), found, allowed);
  }

  /** Refuses the `value` of `key`, and shows it. */
  private reject(key: string, value: Json, allowed: string): void {
    this.refuse(key, show(value), allowed);
  }

  section(key: string): Section {
    return new Section(this.pathOf(key), this.find(key), this.refusal);
  }

  /** A string that is not empty; "" if it is absent. */
  string(key: string): string {
    let found = this.find(key);
    if (found === null) return "";
    if (found.type === STRING && found.text.length > 0) return found.text;
    this.reject(key, found, "a string that is not empty");
    return "";
  }

  /** As headerValue(), and there has to be one. */
  required(key: string): string {
    let value = this.headerValue(key);
    if (value.length === 0) this.refuse(key, "is missing", "a string that is not empty");
    return value;
  }

  /** As string(), and it can stand in a header: no control characters. */
  headerValue(key: string): string {
    let value = this.string(key);
    if (!isHeaderValue(value)) this.refuseControls(this.pathOf(key));
    return value;
  }

  /** As headerValue(), and it is the path of a URL. */
  urlPath(key: string): string {
    let value = this.headerValue(key);
    if (value.length > 0 && (!value.startsWith("/") || value.includes(" ") || value.includes("\t"))) {
      this.refuse(key, 'found "' + value + '"', "a path that begins with / and has no spaces");
    }
    return value;
  }

  /** As headerValue(), but what was found is never shown. */
  secret(key: string): string {
    let found = this.find(key);
    if (found === null) return "";
    let isText = found.type === STRING && found.text.length > 0;
    let what = found.type === STRING ? "an empty string" : typeName(found);
    if (!isText) this.refuse(key, "found " + what, "a string that is not empty");
    if (!isHeaderValue(found.text)) this.refuseControls(this.pathOf(key));
    return found.text;
  }

  /** Refuses `key`, which was asked for, where `other` is given: they say the same. */
  exclude(key: string, other: string): void {
    let value = this.value;
    if (value === null || !value.keys.includes(key)) return;
    this.refuse(key, "is given besides " + other, "one of the two");
  }

  /** The place in `allowed`, words with a comma and a space between them; the first is the default. */
  oneOf(key: string, allowed: string): u32 {
    let found = this.find(key);
    if (found === null) return 0;
    let index = indexIn(allowed, found);
    if (index < 0) this.reject(key, found, allowed);
    return max(index, 0);
  }

  integer(key: string, fallback: u32, least: u32, most: u32): u32 {
    let found = this.find(key);
    if (found === null) return fallback;
    let number = found.number / ONE;
    let isWhole = found.type === NUMBER && found.number >= 0 && found.number % ONE === 0;
    if (isWhole && number >= <i64>least && number <= <i64>most) return <u32>number;
    let allowed = "an integer from " + spell(least) + " to " + spell(most);
    this.reject(key, found, allowed);
    return fallback;
  }

  /** One of two numbers; the first is the default. */
  oneNumberOf(key: string, usual: u32, other: u32): u32 {
    let found = this.find(key);
    if (found === null) return usual;
    if (found.type === NUMBER && found.number === <i64>usual * ONE) return usual;
    if (found.type === NUMBER && found.number === <i64>other * ONE) return other;
    this.reject(key, found, spell(usual) + ", " + spell(other));
    return usual;
  }

  /** A number from 0 to `most`, all in ten-thousandths. */
  decimal(key: string, fallback: u64, most: u64): u64 {
    let found = this.find(key);
    if (found === null) return fallback;
    if (found.type === NUMBER && found.number >= 0 && <u64>found.number <= most) return <u64>found.number;
    let allowed = "a number from 0 to " + spell(most / ONE) + " in steps of 0.0001";
    this.reject(key, found, allowed);
    return fallback;
  }

  boolean(key: string, fallback: bool): bool {
    let found = this.find(key);
    if (found === null) return fallback;
    if (found.type !== BOOLEAN) this.reject(key, found, "true, false");
    return found.flag;
  }

  /** The places in `allowed`, as in oneOf(), of an array of `least` or more of its words, each once. */
  someOf(key: string, allowed: string, fallback: u32[], least: i32): u32[] {
    let found = this.find(key);
    if (found === null) return fallback;
    let what = (least > 0 ? "an array of one or more of " : "an array of ") + allowed + ", each once";
    let taken: u32[] = [];
    let isRight = found.type === ARRAY && found.items.length >= least;
    for (let i = 0; isRight && i < found.items.length; i++) {
      let item = found.items[i];
      let index = indexIn(allowed, item);
      isRight = index >= 0 && !taken.includes(index);
      if (isRight) taken.push(index);
      else this.refusal.refuse(this.pathOf(key) + "[" + spell(i) + "]", show(item), what);
    }
    if (!isRight) this.reject(key, found, what);
    return taken;
  }

  /** An array of beginnings of URL paths. */
  paths(key: string): string[] {
    let found = this.find(key);
    let paths: string[] = [];
    if (found === null) return paths;
    if (found.type !== ARRAY) this.reject(key, found, "an array of paths that begin with /");
    for (let i = 0; i < found.items.length; i++) {
      let item = found.items[i];
      paths.push(item.text);
      if (item.type === STRING && item.text.startsWith("/")) continue;
      this.refusal.refuse(this.pathOf(key) + "[" + spell(i) + "]", show(item), "a path that begins with /");
    }
    return paths;
  }

  /** An object of strings, which may be secret and are never shown. */
  entries(key: string): Entries {
    let entries = new Entries();
    let found = this.find(key);
    if (found === null) return entries;
    if (found.type !== OBJECT) {
      this.refuse(key, "found " + typeName(found), "an object of strings");
      return entries;
    }
    for (let i = 0; i < found.keys.length; i++) {
      let item = found.items[i];
      if (item.type !== STRING) {
        this.refusal.refuse(this.pathOf(key) + "." + found.keys[i], "found " + typeName(item), "a string");
      }
      entries.add(found.keys[i], item.text);
    }
    return entries;
  }

  /**
   * Like entries(), for what can be sent as headers: names are tokens, values have no control characters. Refuses OWN_HEADERS:
   * a report with two lengths, encodings or hosts is broken.
   */
  headers(key: string): Entries {
    let entries = this.entries(key);
    for (let i = 0; i < entries.keys.length; i++) {
      let path = this.pathOf(key) + "." + entries.keys[i];
      if (!isHeaderName(entries.keys[i])) {
        this.refusal.refuse(path, "is no header name", "a-z, 0-9 and " + MARKS);
      }
      if (placeOf(entries.keys[i], OWN_HEADERS) >= 0) {
        this.refusal.refuse(path, "is set by Lightspan or by HTTP itself", "any header but " + OWN_HEADERS);
      }
      if (!isHeaderValue(entries.values[i])) this.refuseControls(path);
    }
    return entries;
  }

  /**
   * An object of tag names with their sources, each a string or an object of `source` and `default`. If `pseudo` is given,
   * the sources are names of headers, or one of those pseudo headers.
   */
  sources(key: string, pseudo: string = ""): Source[] {
    let sources: Source[] = [];
    let found = this.find(key);
    if (found === null) return sources;
    if (found.type !== OBJECT) this.reject(key, found, "an object of tag names");
    for (let i = 0; i < found.keys.length; i++) {
      let tag = found.keys[i];
      let path = this.pathOf(key) + "." + tag;
      let item = found.items[i];
      let source = item.text;
      let fallback = "";
      if (item.type === OBJECT) {
        let entry = new Section(path, item, this.refusal);
        source = entry.required("source");
        fallback = entry.string("default");
        entry.finish();
      } else if (item.type !== STRING || source.length === 0) {
        this.refusal.refuse(path, show(item), 'a string, {"source":"…","default":"…"}');
      }
      if (tag.length === 0 || !isHeaderValue(tag)) this.refusal.refuse(path, "is no tag name", "printable characters");
      if (pseudo.length > 0 && placeOf(source, pseudo) < 0 && (!isHeaderName(source) || source.length > 63)) {
        let allowed = "a header name in lower case, up to 63 bytes, " + pseudo;
        this.refusal.refuse(path, 'found "' + source + '"', allowed);
      }
      sources.push(new Source(path, tag, source, fallback));
    }
    return sources;
  }

  private refuseControls(path: string): void {
    this.refusal.refuse(path, "holds control characters or half a surrogate pair", "a string without them");
  }

  /** Refuses the keys that were not asked for. */
  finish(): void {
    let value = this.value;
    if (value === null) return;
    for (let i = 0; i < value.keys.length; i++) {
      let key = value.keys[i];
      if (!this.known.includes(key)) this.refuse(key, "is unknown", this.known.join(", "));
    }
  }
}

/** What a token may have beside letters and digits. */
const MARKS: string = "!#$%&'*+-.^_`|~";

/** Headers that frame a report, belong to one connection, or say how Lightspan writes a report and reads its answer. */
const OWN_HEADERS: string =
  "accept, accept-encoding, connection, content-encoding, content-length, content-type, expect, grpc-accept-encoding, " +
  "grpc-encoding, host, http2-settings, keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade";

/** A token of RFC 9110, in lower case, as HTTP/2 has it; pseudo-headers are not. */
function isHeaderName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    let unit = name.charCodeAt(i);
    let letter = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
    if (!letter && !MARKS.includes(String.fromCharCode(unit))) return false;
  }
  return name.length > 0;
}

/** No control characters but the tab, and nothing that has no UTF-8. */
export function isHeaderValue(value: string): bool {
  for (let i = 0; i < value.length; i++) {
    let unit = value.charCodeAt(i);
    if ((unit < 0x20 && unit !== 0x09) || unit === 0x7f) return false;
    if ((unit & 0xf800) !== 0xd800) continue;
    // A pair is a high half and a low half.
    if (unit >= 0xdc00 || i + 1 === value.length || (value.charCodeAt(++i) & 0xfc00) !== 0xdc00) return false;
  }
  return true;
}
