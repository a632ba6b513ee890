// Reads the values of one JSON object and checks each for type, range and allowed words; at the end, rejects unknown
// keys. Keeps the first mistake only, with its path, what was found and what is allowed. It doesn't know which keys
// there are.
import { toDecimal } from "../bytes/decimal";
import { ARRAY, BOOLEAN, Json, NULL, NUMBER, OBJECT, STRING } from "./json";
import { normalForm } from "./normal";

const COMMA: i32 = 0x2c;

/** 1 in the units of Json.number. */
const ONE: i64 = 10000;

/** What decimal() allows. */
function decimals(most: u64): string {
  return "a number from 0 to " + toDecimal(most / ONE) + " in steps of 0.0001";
}

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

/** Shows a value in a message, short and on one line. */
function show(value: Json): string {
  if (value.raw.length === 0) return "found " + typeName(value);
  return "found " + (value.raw.length > 60 ? value.raw.substring(0, 60) + "…" : value.raw);
}

/** The index of `word` among `words`, which are separated by a comma and a space; -1 if it isn't one of them. */
function indexOfWord(word: string, words: string): i32 {
  if (word.includes(",")) return -1;
  let at = (" " + words + ",").indexOf(" " + word + ",");
  let index = 0;
  for (let i = 0; i < at; i++) if (words.charCodeAt(i) === COMMA) index++;
  return at < 0 ? -1 : index;
}

/** Like indexOfWord(), of a JSON string; -1 for any other value. */
function indexIn(words: string, value: Json): i32 {
  return value.type === STRING ? indexOfWord(value.text, words) : -1;
}

/** The entries of an object of strings, in their order. */
export class Entries {
  keys: string[] = [];
  values: string[] = [];

  add(key: string, value: string): void {
    this.keys.push(key);
    this.values.push(value);
  }
}

/** One entry of tags.*: where the value of a tag comes from. */
export class Source {
  constructor(
    /** Path of the entry, for messages. */
    readonly path: string,
    readonly tag: string,
    readonly source: string,
    /** The value if the source has none; "" = no tag then. */
    readonly fallback: string,
  ) {}
}

export class Section {
  private known: string[] = [];

  /** Null stands for an absent object: every key has its default. */
  constructor(
    private path: string,
    private value: Json | null,
    private refusal: Refusal,
  ) {
    if (value !== null && value.type !== OBJECT) {
      // The value isn't shown: it may be a whole configuration as a string, token included.
      refusal.refuse(path.length > 0 ? path : "configuration", "found " + typeName(value), "an object");
      this.value = null;
    }
  }

  /** False if the object is absent. */
  get isGiven(): bool {
    return this.value !== null;
  }

  /** As in normal.ts; "" if the section is absent. */
  get normalForm(): string {
    let value = this.value;
    return value === null ? "" : normalForm(value);
  }

  private pathOf(key: string): string {
    if (key.length === 0) return this.path;
    return this.path.length > 0 ? this.path + "." + key : key;
  }

  private pathOfItem(key: string, index: i32): string {
    return this.pathOf(key) + "[" + toDecimal(index) + "]";
  }

  private find(key: string): Json | null {
    this.known.push(key);
    let value = this.value;
    if (value === null) return null;
    let index = value.keys.indexOf(key);
    return index < 0 ? null : value.items[index];
  }

  /** Refuses `key`, or if that is "" the whole section. */
  refuse(key: string, found: string, allowed: string): void {
    this.refusal.refuse(this.pathOf(key), found, allowed);
  }

  /** Refuses the `value` of `key` and shows it. */
  private reject(key: string, value: Json, allowed: string): void {
    this.refuse(key, show(value), allowed);
  }

  section(key: string): Section {
    return new Section(this.pathOf(key), this.find(key), this.refusal);
  }

  /** A non-empty string; "" if absent. */
  string(key: string): string {
    let found = this.find(key);
    if (found === null) return "";
    if (found.type === STRING && found.text.length > 0) return found.text;
    this.reject(key, found, "a string that is not empty");
    return "";
  }

  /** Like headerValue(), but required. */
  required(key: string): string {
    let value = this.headerValue(key);
    if (value.length === 0) this.refuse(key, "is missing", "a string that is not empty");
    return value;
  }

  /** Like string(), for use in a header: without control characters. */
  headerValue(key: string): string {
    let value = this.string(key);
    if (!isHeaderValue(value)) this.refuseControls(this.pathOf(key));
    return value;
  }

  /** Like headerValue(), for the path of a URL. */
  urlPath(key: string): string {
    let value = this.headerValue(key);
    if (value.length > 0 && (!value.startsWith("/") || value.includes(" ") || value.includes("\t"))) {
      this.refuse(key, 'found "' + value + '"', "a path that begins with / and has no spaces");
    }
    return value;
  }

  /** Like headerValue(), but the value is never shown. */
  secret(key: string): string {
    let found = this.find(key);
    if (found === null) return "";
    let isText = found.type === STRING && found.text.length > 0;
    let what = found.type === STRING ? "an empty string" : typeName(found);
    if (!isText) this.refuse(key, "found " + what, "a string that is not empty");
    if (!isHeaderValue(found.text)) this.refuseControls(this.pathOf(key));
    return found.text;
  }

  /** Refuses `key`, which was read before, because `other` says the same. */
  exclude(key: string, other: string): void {
    let value = this.value;
    if (value === null || !value.keys.includes(key)) return;
    this.refuse(key, "is given besides " + other, "one of the two");
  }

  /** The index among the words in `allowed`, which are separated by a comma and a space. The first is the default. */
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
    let allowed = "an integer from " + toDecimal(least) + " to " + toDecimal(most);
    this.reject(key, found, allowed);
    return fallback;
  }

  /** One of two numbers. The first is the default. */
  oneNumberOf(key: string, fallback: u32, other: u32): u32 {
    let found = this.find(key);
    if (found === null) return fallback;
    if (found.type === NUMBER && found.number === <i64>fallback * ONE) return fallback;
    if (found.type === NUMBER && found.number === <i64>other * ONE) return other;
    this.reject(key, found, toDecimal(fallback) + ", " + toDecimal(other));
    return fallback;
  }

  /** A number from 0 to `most`, all in ten-thousandths. */
  decimal(key: string, fallback: u64, most: u64): u64 {
    let found = this.find(key);
    if (found === null) return fallback;
    if (found.type === NUMBER && found.number >= 0 && <u64>found.number <= most) return <u64>found.number;
    this.reject(key, found, decimals(most));
    return fallback;
  }

  /** Like decimal(), but required. */
  requiredDecimal(key: string, most: u64): u64 {
    let value = this.value;
    if (value !== null && !value.keys.includes(key)) this.refuse(key, "is missing", decimals(most));
    return this.decimal(key, 0, most);
  }

  boolean(key: string, fallback: bool): bool {
    let found = this.find(key);
    if (found === null) return fallback;
    if (found.type !== BOOLEAN) this.reject(key, found, "true, false");
    return found.flag;
  }

  /** An array of `least` or more words, each once, as indices like those of oneOf(). */
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
      else this.refusal.refuse(this.pathOfItem(key, i), show(item), what);
    }
    if (!isRight) this.reject(key, found, what);
    return taken;
  }

  /** An array of prefixes of URL paths. */
  paths(key: string): string[] {
    let found = this.find(key);
    let paths: string[] = [];
    if (found === null) return paths;
    if (found.type !== ARRAY) this.reject(key, found, "an array of paths that begin with /");
    for (let i = 0; i < found.items.length; i++) {
      let item = found.items[i];
      paths.push(item.text);
      if (item.type === STRING && item.text.startsWith("/")) continue;
      this.refusal.refuse(this.pathOfItem(key, i), show(item), "a path that begins with /");
    }
    return paths;
  }

  /** An array of up to `most` objects, each as a section. */
  sections(key: string, most: i32): Section[] {
    let found = this.find(key);
    let sections: Section[] = [];
    if (found === null) return sections;
    let allowed = "an array of up to " + toDecimal(most) + " objects";
    if (found.type !== ARRAY) this.reject(key, found, allowed);
    if (found.items.length > most) this.refuse(key, "found " + toDecimal(found.items.length), allowed);
    for (let i = 0; i < found.items.length; i++) {
      sections.push(new Section(this.pathOfItem(key, i), found.items[i], this.refusal));
    }
    return sections;
  }

  /** An object of strings. They may be secret and are never shown. */
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
   * Like entries(), for headers: names are tokens, values have no control characters. Refuses OWN_HEADERS: a report
   * with two lengths, encodings or hosts is broken.
   */
  headers(key: string): Entries {
    let entries = this.entries(key);
    for (let i = 0; i < entries.keys.length; i++) {
      let path = this.pathOf(key) + "." + entries.keys[i];
      if (!isHeaderName(entries.keys[i])) {
        this.refusal.refuse(path, "is no header name", "a-z, 0-9 and " + MARKS);
      }
      if (indexOfWord(entries.keys[i], OWN_HEADERS) >= 0) {
        this.refusal.refuse(path, "is set by Lightspan or by HTTP itself", "any header but " + OWN_HEADERS);
      }
      if (!isHeaderValue(entries.values[i])) this.refuseControls(path);
    }
    return entries;
  }

  /**
   * An object from tag names to sources, each a string or an object with `source` and `default`. If `pseudo` is given,
   * each source is the name of a header or one of these pseudo headers.
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
      if (pseudo.length > 0) this.checkHeaderName(path, source, pseudo);
      sources.push(new Source(path, tag, source, fallback));
    }
    return sources;
  }

  /** The name of a header in lower case, or one of the pseudo headers `pseudo`. Required. */
  headerName(key: string, pseudo: string): string {
    let name = this.required(key);
    if (name.length > 0) this.checkHeaderName(this.pathOf(key), name, pseudo);
    return name;
  }

  private checkHeaderName(path: string, name: string, pseudo: string): void {
    if (indexOfWord(name, pseudo) >= 0 || (isHeaderName(name) && name.length <= 63)) return;
    this.refusal.refuse(path, 'found "' + name + '"', "a header name in lower case, up to 63 bytes, " + pseudo);
  }

  /** A method of HTTP, which has capitals; "" if absent. */
  method(key: string): string {
    let method = this.string(key);
    for (let i = 0; i < method.length; i++) {
      let unit = method.charCodeAt(i);
      let isRight = (unit >= 0x41 && unit <= 0x5a) || unit === 0x2d || unit === 0x5f;
      if (!isRight) this.refuse(key, 'found "' + method + '"', "a method in capitals, such as GET");
    }
    return method;
  }

  private refuseControls(path: string): void {
    this.refusal.refuse(path, "holds control characters or half a surrogate pair", "a string without them");
  }

  /** Refuses keys that were never read. */
  finish(): void {
    let value = this.value;
    if (value === null) return;
    for (let i = 0; i < value.keys.length; i++) {
      let key = value.keys[i];
      if (!this.known.includes(key)) this.refuse(key, "is unknown", this.known.join(", "));
    }
  }
}

/** The characters that a token may contain besides letters and digits. */
const MARKS: string = "!#$%&'*+-.^_`|~";

/**
 * Headers that frame a report, concern a single connection, or state how Lightspan writes a report and reads its
 * answer.
 */
const OWN_HEADERS: string =
  "accept, accept-encoding, connection, content-encoding, content-length, content-type, expect, grpc-accept-encoding, " +
  "grpc-encoding, host, http2-settings, keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade";

/** True for a token of RFC 9110 in lower case, as HTTP/2 requires. Pseudo-headers aren't tokens. */
function isHeaderName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    let unit = name.charCodeAt(i);
    let letter = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
    if (!letter && !MARKS.includes(String.fromCharCode(unit))) return false;
  }
  return name.length > 0;
}

/** True without control characters (a tab is fine) and without half surrogate pairs, which have no UTF-8. */
export function isHeaderValue(value: string): bool {
  for (let i = 0; i < value.length; i++) {
    let unit = value.charCodeAt(i);
    if ((unit < 0x20 && unit !== 0x09) || unit === 0x7f) return false;
    if ((unit & 0xf800) !== 0xd800) continue;
    // A pair is a high half followed by a low half.
    if (unit >= 0xdc00 || i + 1 === value.length || (value.charCodeAt(++i) & 0xfc00) !== 0xdc00) return false;
  }
  return true;
}
