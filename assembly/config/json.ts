// Parses JSON text (RFC 8259) into a tree. A library would throw at a bad byte, and AssemblyScript can't catch: the VM
// would die without telling anyone about that byte. Here, any bytes at all give a tree or an error.
import { allocate } from "../bytes/arena";
import { toDecimal } from "../bytes/decimal";
import { hexDigit } from "../bytes/hex";
import { invalidAt } from "../bytes/utf8";

export const NULL: u32 = 0;
export const BOOLEAN: u32 = 1;
export const NUMBER: u32 = 2;
export const STRING: u32 = 3;
export const ARRAY: u32 = 4;
export const OBJECT: u32 = 5;

export class Json {
  /** The source text, for messages, with its escapes. Empty for arrays and objects. */
  raw: string = "";
  /** The value of a string. */
  text: string = "";
  /** The value of a boolean. */
  flag: bool = false;
  /**
   * The value of a number in ten-thousandths, or -1 if it is inexact, negative or beyond 9e14: no setting has such a
   * value.
   */
  number: i64 = -1;
  /** The keys of an object, in the order of `items`. */
  keys: string[] = [];
  /** The items of an array or the values of an object. */
  items: Json[] = [];

  constructor(readonly type: u32) {}
}

const MAX_DEPTH: u32 = 32;

/** Any number up to this one has room in an i64 for another digit. */
const MAX_HEAD: i64 = 99999999999999999;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** Parses one JSON text. After parse(), `error` is "" or says what is wrong at which byte. */
export class JsonReader {
  error: string = "";
  private at: usize = 0;
  private start: usize = 0;
  private end: usize = 0;

  /** Parses `size` bytes at `at`. The tree is meaningless if there is an `error`. */
  parse(at: usize, size: u32): Json {
    this.error = "";
    this.start = at;
    this.at = at;
    this.end = at + size;
    this.at = invalidAt(at, this.end);
    if (this.at < this.end) this.fail("UTF-8");
    else this.at = at;
    let value = this.value(0);
    this.space();
    if (this.at < this.end) this.fail("nothing more");
    return value;
  }

  private fail(expected: string): void {
    if (this.error.length > 0) return;
    let byte = this.byte();
    let isPrintable = byte > 0x20 && byte < 0x7f;
    let found =
      this.at >= this.end ? "the end" : isPrintable ? String.UTF8.decodeUnsafe(this.at, 1) : "byte " + toDecimal(byte);
    this.error = "not JSON at byte " + toDecimal(this.at - this.start) + ": found " + found + ", expected " + expected;
    this.at = this.end;
  }

  private space(): void {
    while (this.at < this.end) {
      let byte = load<u8>(this.at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  /** Skips white space and returns the next byte, or 0 at the end. */
  private peek(): u8 {
    this.space();
    return this.at < this.end ? load<u8>(this.at) : 0;
  }

  /** Consumes the byte `wanted` if it comes next. */
  private take(wanted: u8): bool {
    if (this.peek() !== wanted || this.at >= this.end) return false;
    this.at++;
    return true;
  }

  private value(depth: u32): Json {
    let byte = this.peek();
    if (depth > MAX_DEPTH) this.fail("no more than " + toDecimal(MAX_DEPTH) + " levels");
    else if (byte === 0x7b) return this.object(depth);
    else if (byte === 0x5b) return this.array(depth);
    else if (byte === QUOTE) {
      let value = new Json(STRING);
      let from = this.at;
      value.text = this.string();
      value.raw = this.textFrom(from);
      return value;
    } else if (byte === 0x74) return this.word("true", BOOLEAN, true);
    else if (byte === 0x66) return this.word("false", BOOLEAN, false);
    else if (byte === 0x6e) return this.word("null", NULL, false);
    else if (byte === 0x2d || <u8>(byte - 0x30) < 10) return this.number();
    else this.fail("a value");
    return new Json(NULL);
  }

  private word(word: string, type: u32, flag: bool): Json {
    let value = new Json(type);
    value.flag = flag;
    value.raw = word;
    for (let i = 0; i < word.length; i++) {
      if (this.at >= this.end || load<u8>(this.at) !== <u8>word.charCodeAt(i)) {
        this.fail(word);
        return value;
      }
      this.at++;
    }
    return value;
  }

  private textFrom(from: usize): string {
    return String.UTF8.decodeUnsafe(from, this.at - from);
  }

  /** The next byte, or 0 at the end. */
  private byte(): u8 {
    return this.at < this.end ? load<u8>(this.at) : 0;
  }

  /** Consumes digits and appends them to the number `head`, which becomes -1 if it gets too large. */
  private digits(head: i64): i64 {
    let from = this.at;
    while (<u8>(this.byte() - 0x30) < 10) {
      if (head >= 0) head = head < MAX_HEAD ? head * 10 + (this.byte() - 0x30) : -1;
      this.at++;
    }
    if (this.at === from) this.fail("a digit");
    return head;
  }

  private number(): Json {
    let value = new Json(NUMBER);
    let from = this.at;
    let isNegative = this.byte() === 0x2d;
    if (isNegative) this.at++;
    let firstDigit = this.at;
    let leadingZero = this.byte() === 0x30;
    let number = this.digits(0);
    if (leadingZero && this.at > firstDigit + 1) {
      this.at = firstDigit;
      this.fail("a number without leading zeros");
    }
    let scale: i64 = 4;
    if (this.byte() === 0x2e) {
      this.at++;
      let fraction = this.at;
      number = this.digits(number);
      scale -= <i64>(this.at - fraction);
    }
    if ((this.byte() | 0x20) === 0x65) {
      this.at++;
      let sign = this.byte();
      if (sign === 0x2b || sign === 0x2d) this.at++;
      let exponent = this.digits(0);
      // A larger exponent has the same effect as 1000.
      if (exponent < 0 || exponent > 1000) exponent = 1000;
      scale += sign === 0x2d ? -exponent : exponent;
    }
    value.raw = this.textFrom(from);
    value.number = isNegative && number !== 0 ? -1 : scaled(number, scale);
    return value;
  }

  /** Consumes a string, its quotation marks included, and returns its value. */
  private string(): string {
    let from = ++this.at;
    let hasEscapes = false;
    for (; this.byte() !== QUOTE; this.at++) {
      if (this.byte() === BACKSLASH) {
        hasEscapes = true;
        this.at++;
      }
      if (this.byte() < 0x20) {
        this.fail(this.at < this.end ? "an escaped control character" : "a closing quotation mark");
        return "";
      }
    }
    let size = this.at - from;
    this.at++;
    return hasEscapes ? this.unescaped(from, size) : String.UTF8.decodeUnsafe(from, size);
  }

  /** Replaces the escapes in `size` bytes at `from`. No escape is shorter than its replacement. */
  private unescaped(from: usize, size: usize): string {
    let end = this.at;
    let bytes = allocate(size);
    let out = bytes;
    this.at = from;
    while (this.at < from + size) {
      let byte = load<u8>(this.at++);
      if (byte === BACKSLASH) out = this.writeEscape(out);
      else store<u8>(out++, byte);
      if (this.error.length > 0) break;
    }
    this.at = this.error.length > 0 ? this.end : end;
    return String.UTF8.decodeUnsafe(bytes, out - bytes);
  }

  /** Consumes an escape after its backslash, writes its replacement and returns the address just past it. */
  private writeEscape(out: usize): usize {
    let byte = this.byte();
    if (byte === 0x75) return this.writeUnit(out);
    if (byte === 0x62) byte = 0x08;
    else if (byte === 0x66) byte = 0x0c;
    else if (byte === 0x6e) byte = 0x0a;
    else if (byte === 0x72) byte = 0x0d;
    else if (byte === 0x74) byte = 0x09;
    else if (byte !== QUOTE && byte !== BACKSLASH && byte !== 0x2f) this.fail("an escape of JSON's");
    this.at++;
    store<u8>(out, byte);
    return out + 1;
  }

  /** Writes the UTF-16 unit of an escape. Halves of a surrogate pair are written one by one; decoding joins them. */
  private writeUnit(out: usize): usize {
    let unit: u32 = 0;
    for (let i = 0; i < 4; i++) {
      this.at++;
      let digit = hexDigit(this.byte());
      if (digit > 15) {
        this.fail("four hexadecimal digits");
        return out;
      }
      unit = (unit << 4) | digit;
    }
    this.at++;
    if (unit < 0x80) {
      store<u8>(out, unit);
      return out + 1;
    }
    if (unit < 0x800) {
      store<u8>(out, 0xc0 | (unit >> 6));
      store<u8>(out, 0x80 | (unit & 0x3f), 1);
      return out + 2;
    }
    store<u8>(out, 0xe0 | (unit >> 12));
    store<u8>(out, 0x80 | ((unit >> 6) & 0x3f), 1);
    store<u8>(out, 0x80 | (unit & 0x3f), 2);
    return out + 3;
  }

  private array(depth: u32): Json {
    let value = new Json(ARRAY);
    this.at++;
    if (this.take(0x5d)) return value;
    do value.items.push(this.value(depth + 1));
    while (this.take(0x2c));
    if (!this.take(0x5d)) this.fail("`,` or `]`");
    return value;
  }

  private object(depth: u32): Json {
    let value = new Json(OBJECT);
    this.at++;
    if (this.take(0x7d)) return value;
    do {
      if (this.peek() !== QUOTE) {
        this.fail("a quoted key");
        return value;
      }
      let key = this.string();
      if (value.keys.includes(key)) this.fail("each key once, `" + key + "` came before");
      if (!this.take(0x3a)) this.fail("`:`");
      value.keys.push(key);
      value.items.push(this.value(depth + 1));
    } while (this.take(0x2c));
    if (!this.take(0x7d)) this.fail("`,` or `}`");
    return value;
  }
}

/** number * 10^scale, or -1 if that isn't an integer or is too large. */
function scaled(number: i64, scale: i64): i64 {
  if (number <= 0) return number;
  for (; scale > 0; scale--) {
    if (number > MAX_HEAD) return -1;
    number *= 10;
  }
  for (; scale < 0; scale++) {
    if (number % 10 !== 0) return -1;
    number /= 10;
  }
  return number;
}
