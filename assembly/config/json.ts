// JSON text (RFC 8259) to a tree. Our own because AssemblyScript cannot catch: a library that throws at a bad byte takes
// the VM with it, and the person who wrote the byte is told nothing. Any bytes at all give a tree or an error here.
import { allocate } from "../bytes/arena";
import { spell } from "../bytes/decimal";
import { invalidAt } from "../bytes/utf8";

export const NULL: u32 = 0;
export const BOOLEAN: u32 = 1;
export const NUMBER: u32 = 2;
export const STRING: u32 = 3;
export const ARRAY: u32 = 4;
export const OBJECT: u32 = 5;

export class Json {
  /** As it stands in the text, for messages; an escaped line break is still escaped. Empty for arrays and objects. */
  raw: string = "";
  /** Of a string. */
  text: string = "";
  /** Of a boolean. */
  flag: bool = false;
  /** Of a number, in ten-thousandths; -1 where that is not exact, or negative, or beyond 9e14: no setting is such a number. */
  number: i64 = -1;
  /** Of an object, in the order of `items`. */
  keys: string[] = [];
  /** Of an array or an object. */
  items: Json[] = [];

  constructor(readonly type: u32) {}
}

const MAX_DEPTH: u32 = 32;

/** Eighteen digits fit into an i64 whatever they are. */
const MAX_HEAD: i64 = 99999999999999999;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** Reads one JSON text. After parse(), `error` is "" or says what is wrong and at which byte. */
export class JsonReader {
  error: string = "";
  private at: usize = 0;
  private start: usize = 0;
  private end: usize = 0;

  /** The tree of `size` bytes at `at`; meaningless if there is an `error`. */
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
      this.at >= this.end ? "the end" : isPrintable ? String.UTF8.decodeUnsafe(this.at, 1) : "byte " + spell(byte);
    this.error = "not JSON at byte " + spell(this.at - this.start) + ": found " + found + ", expected " + expected;
    this.at = this.end;
  }

  private space(): void {
    while (this.at < this.end) {
      let byte = load<u8>(this.at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  /** Skips white space; the next byte, or 0 at the end. */
  private peek(): u8 {
    this.space();
    return this.at < this.end ? load<u8>(this.at) : 0;
  }

  /** Takes the byte `wanted` if it comes next. */
  private take(wanted: u8): bool {
    if (this.peek() !== wanted || this.at >= this.end) return false;
    this.at++;
    return true;
  }

  private value(depth: u32): Json {
    let byte = this.peek();
    if (depth > MAX_DEPTH) this.fail("no more than " + spell(MAX_DEPTH) + " levels");
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

  /** Takes digits and appends them to the number `head`, which is -1 once it does not fit. */
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
    if (leadingZero && this.at > firstDigit + 1) this.fail("no digit behind a leading zero");
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
      // An exponent too long to count is as good as a thousand.
      if (exponent < 0 || exponent > 1000) exponent = 1000;
      scale += sign === 0x2d ? -exponent : exponent;
    }
    value.raw = this.textFrom(from);
    value.number = isNegative && number !== 0 ? -1 : scaled(number, scale);
    return value;
  }

  /** The bytes between here and the closing quotation mark, which it steps behind. */
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

  /** `size` bytes at `from` with their escapes replaced: none is shorter than what it stands for. */
  private unescaped(from: usize, size: usize): string {
    let behind = this.at;
    let text = allocate(size);
    let out = text;
    this.at = from;
    while (this.at < from + size) {
      let byte = load<u8>(this.at++);
      if (byte === BACKSLASH) out = this.writeEscape(out);
      else store<u8>(out++, byte);
      if (this.error.length > 0) break;
    }
    this.at = this.error.length > 0 ? this.end : behind;
    return String.UTF8.decodeUnsafe(text, out - text);
  }

  /** Writes what the escape stands for, whose letter comes next; returns the address behind it. */
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

  /** A UTF-16 unit of four digits. Halves of a pair are written one by one, and find together in a string. */
  private writeUnit(out: usize): usize {
    let unit: u32 = 0;
    for (let i = 0; i < 4; i++) {
      this.at++;
      let digit = hexDigit(this.byte());
      if (digit < 0) {
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

/** number * 10^scale, or -1 if that is no integer or too large. */
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

function hexDigit(byte: u8): i32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  let lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
