// Zipkin's API, version 2: a list of spans as JSON (zipkin-api, zipkin2-api.yaml), over HTTP alone. What never changes has no
// place but the spans themselves: it is encoded once and copied into each. Kind has its own field; an error is the tag `error`.
import { writeDecimal } from "../bytes/decimal";
import { writeHex } from "../bytes/hex";
import { retain } from "../bytes/region";
import { over, Slice, text } from "../bytes/slice";
import { DEBUG as DECIDED_DEBUG } from "../context/context";
import { ConstantTag, Span } from "../span/span";
import { Answer, Format } from "./format";
import { Reporter } from "./reporter";

const OPEN: Slice = text("[");
const TRACE_ID: Slice = text('{"traceId":"');
const SPAN_ID: Slice = text('","id":"');
const PARENT_ID: Slice = text('","parentId":"');
const CLIENT: Slice = text('","kind":"CLIENT","name":"');
const SERVER: Slice = text('","kind":"SERVER","name":"');
const TIMESTAMP: Slice = text('","timestamp":');
const DURATION: Slice = text(',"duration":');
const DEBUG: Slice = text(',"debug":true');
const SERVICE: Slice = text(',"localEndpoint":{"serviceName":"');
const TAGS: Slice = text('"},"tags":{');
const ERROR: Slice = text('"error":"true",');
const END: Slice = text("}},");

const CONTROL: Slice = text("\\u00");
const COLON: Slice = text('":"');
const COMMA: Slice = text('",');

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const CLOSE_BRACKET: u8 = 0x5d;

/** The most that a span needs besides name, tags and constant part: ids, kind, times, and the names of the fields. */
const FIXED_PART: u32 = 320;
/** The bytes around a tag's name and value. */
const TAG_PART: u32 = 6;
/** A control character is written as six bytes, quote and backslash as two. */
const CONTROL_SIZE: u32 = 6;

// Eight bytes at once: most text needs no escape anywhere.
const ONES: u64 = 0x0101010101010101;
const HIGH_BITS: u64 = ONES * 0x80;
const SPACES: u64 = ONES * 0x20;
const QUOTES: u64 = ONES * QUOTE;
const BACKSLASHES: u64 = ONES * BACKSLASH;

/** True if none of the eight bytes needs an escape. */
function isPlain(eight: u64): bool {
  let quotes = eight ^ QUOTES;
  let backslashes = eight ^ BACKSLASHES;
  let found = ((eight - SPACES) & ~eight) | ((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes);
  return (found & HIGH_BITS) === 0;
}

/** Bytes that appendEscaped() writes. */
function escapedSize(value: Slice): u32 {
  let size = value.size;
  let end = value.at + size;
  for (let from = value.at; from < end;) {
    if (from + 8 <= end && isPlain(load<u64>(from))) {
      from += 8;
      continue;
    }
    let byte = <u32>load<u8>(from++);
    if (byte < 0x20) size += CONTROL_SIZE - 1;
    else if (byte === QUOTE || byte === BACKSLASH) size++;
  }
  return size;
}

function append(at: usize, slice: Slice): usize {
  memory.copy(at, slice.at, slice.size);
  return at + slice.size;
}

/** The inside of a JSON string (RFC 8259, section 7); `value` is valid UTF-8. */
function appendEscaped(at: usize, value: Slice): usize {
  let end = value.at + value.size;
  for (let from = value.at; from < end;) {
    if (from + 8 <= end && isPlain(load<u64>(from))) {
      store<u64>(at, load<u64>(from));
      from += 8;
      at += 8;
      continue;
    }
    let byte = <u32>load<u8>(from++);
    if (byte < 0x20) {
      let digit = byte & 15;
      at = append(at, CONTROL);
      store<u8>(at++, (byte >> 4) + 0x30);
      store<u8>(at++, digit + (digit < 10 ? 0x30 : 0x57));
      continue;
    }
    if (byte === QUOTE || byte === BACKSLASH) store<u8>(at++, BACKSLASH);
    store<u8>(at++, byte);
  }
  return at;
}

/** `"name":"value",` */
function appendTag(at: usize, name: Slice, value: Slice): usize {
  store<u8>(at, QUOTE);
  at = append(appendEscaped(at + 1, name), COLON);
  return append(appendEscaped(at, value), COMMA);
}

function tagSize(name: Slice, value: Slice): u32 {
  return TAG_PART + escapedSize(name) + escapedSize(value);
}

export class Zipkin extends Format {
  /** From the local endpoint to the last constant tag, followed by a comma. */
  private constant: Slice = over(0, 0);

  /** The service has a field of its own, and its version is the tag `version`. */
  static of(reporter: Reporter): Format {
    return new Zipkin(reporter.service, reporter.tags);
  }

  /** `tags` has at least one. */
  constructor(service: Slice, tags: ConstantTag[]) {
    super(false, "/api/v2/spans", "application/json", 0);
    this.endHead(append(this.beginHead(OPEN.size), OPEN));
    let capacity = FIXED_PART + escapedSize(service);
    for (let i = 0; i < tags.length; i++) capacity += tagSize(tags[i].name, tags[i].value);
    let start = retain(capacity);
    let at = appendEscaped(append(start, SERVICE), service);
    at = append(at, TAGS);
    for (let i = 0; i < tags.length; i++) at = appendTag(at, tags[i].name, tags[i].value);
    this.constant.set(start, <u32>(at - start));
  }

  maxSpanSize(span: Span): u32 {
    let size = FIXED_PART + this.constant.size + escapedSize(span.operation);
    for (let i: u32 = 0; i < span.tagCount; i++) {
      let tag = span.tagAt(i);
      size += tagSize(tag.name, tag.value);
    }
    return size;
  }

  /** One span, followed by a comma. A 64-bit trace id has 16 digits; durations are at least 1 µs. */
  encodeSpan(at: usize, span: Span): usize {
    let context = span.context;
    at = append(at, TRACE_ID);
    if (context.traceHigh !== 0) at = writeHex(at, context.traceHigh);
    at = writeHex(at, context.traceLow);
    at = writeHex(append(at, SPAN_ID), context.spanId);
    if (context.parentId !== 0) at = writeHex(append(at, PARENT_ID), context.parentId);
    at = appendEscaped(append(at, span.client ? CLIENT : SERVER), span.operation);
    at = writeDecimal(append(at, TIMESTAMP), span.startNanos / 1000);
    at = writeDecimal(append(at, DURATION), max(span.durationNanos / 1000, 1));
    if (context.decision === DECIDED_DEBUG) at = append(at, DEBUG);
    at = append(at, this.constant);
    if (span.error) at = append(at, ERROR);
    for (let i: u32 = 0; i < span.tagCount; i++) {
      let tag = span.tagAt(i);
      at = appendTag(at, tag.name, tag.value);
    }
    // Overwrites the last tag's comma.
    return append(at - 1, END);
  }

  /** Finds the closing brace of the object at `at`, and skips the comma or bracket after it. */
  spanEnd(at: usize): usize {
    let depth = 0;
    let isText = false;
    do {
      let byte = load<u8>(at++);
      if (byte === QUOTE) isText = !isText;
      else if (isText && byte === BACKSLASH) at++;
      else if (!isText && byte === OPEN_BRACE) depth++;
      else if (!isText && byte === CLOSE_BRACE) depth--;
    } while (depth > 0);
    return at + 1;
  }

  /** The last span's comma becomes the end of the list. */
  protected complete(_at: usize, end: usize, _lost: u32): usize {
    store<u8>(end - 1, CLOSE_BRACKET);
    return end;
  }

  /** Zipkin answers without a body. */
  protected readMessage(_at: usize, _size: u32, _answer: Answer): void {}
}
