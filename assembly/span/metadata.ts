// Values of Envoy's metadata (envoy.config.core.v3.Metadata and Node, google.protobuf.Struct), written like Envoy's own
// metadata tags: text unchanged, numbers with six digits, lists and objects as JSON. It reads whole protobuf messages,
// because the host passes single values without their types. Any bytes at all give a value or none.
import { allocate } from "../bytes/arena";
import { readDecimal } from "../bytes/decimal";
import { MAX_DOUBLE, writeDouble, writeWholeDouble } from "../bytes/double";
import { Fixed } from "../bytes/fixed";
import { BYTES, Cursor, FIXED64, VARINT } from "../bytes/protobuf";
import { isSame, Slice, text } from "../bytes/slice";

// The kinds of a google.protobuf.Value, by field number. A malformed value or one without a kind counts as null.
const NULL: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const BOOLEAN: u32 = 4;
const STRUCT: u32 = 5;
const LIST: u32 = 6;

/** Field number of the map entries or values, the same in Metadata, Struct and ListValue. */
const ITEMS: u32 = 1;
// Field numbers of a map's entry.
const KEY: u32 = 1;
const VALUE: u32 = 2;
/** Field number in Node. */
const NODE_METADATA: u32 = 3;

/** Lists and objects nested deeper than this become null. */
const MAX_DEPTH: u32 = 32;

const TRUE: Slice = text("true");
const FALSE: Slice = text("false");
const NO_VALUE: Slice = text("null");

const ESCAPED: Slice = text("\\u00");

const OPEN_OBJECT: u32 = 0x7b;
const CLOSE_OBJECT: u32 = 0x7d;
const OPEN_LIST: u32 = 0x5b;
const CLOSE_LIST: u32 = 0x5d;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const ZERO: u32 = 0x30;

const cursor: Cursor = new Cursor(0, 0);
const name = Fixed.record<Slice>();
const key = Fixed.record<Slice>();
/** The current entry, Value, or content of a Value of kind `kind`. */
const item = Fixed.record<Slice>();
let kind: u32 = NULL;

let out: usize = 0;
let outEnd: usize = 0;

/**
 * Points `item` at the next `field` with bytes in the message [at, end). Returns the address just past it; 0 if there
 * is none.
 */
function step(at: usize, end: usize, field: u32): usize {
  cursor.open(at, end);
  while (cursor.advance()) {
    if (cursor.field !== field || cursor.wireType !== BYTES) continue;
    item.set(cursor.at, cursor.size);
    return cursor.at + cursor.size;
  }
  return 0;
}

/** Splits the entry in `item` into `key` and `item`. */
function openEntry(): void {
  let at = item.at;
  let end = at + item.size;
  item.clear();
  step(at, end, KEY);
  key.copyFrom(item);
  item.clear();
  step(at, end, VALUE);
}

/** Splits the Value in `item` into `kind` and `item`. The item of a boolean is a word of JSON. */
function openValue(): void {
  cursor.open(item.at, item.at + item.size);
  kind = NULL;
  while (cursor.advance()) {
    let field = cursor.field;
    let wireType = field === NUMBER ? FIXED64 : field === NULL || field === BOOLEAN ? VARINT : BYTES;
    if (field - 1 >= LIST || cursor.wireType !== wireType) continue;
    kind = field;
    item.set(cursor.at, cursor.size);
    if (field === BOOLEAN) item.set((cursor.value !== 0 ? TRUE : FALSE).at, 4 + u32(cursor.value === 0));
  }
  if (cursor.malformed) kind = NULL;
}

/**
 * Points `item` at the value of `name` among its entries. The last one wins, as in protobuf. False if there is none.
 */
function find(name: Slice): bool {
  let end = item.at + item.size;
  let at: usize = 0;
  let size: u32 = 0;
  let isFound = false;
  for (let next = step(item.at, end, ITEMS); next !== 0; next = step(next, end, ITEMS)) {
    openEntry();
    if (!isSame(key, name)) continue;
    at = item.at;
    size = item.size;
    isFound = true;
  }
  item.set(at, size);
  return isFound;
}

/** Points `item`, a list, at its value number `index`. False if there is none. */
function pick(index: u32): bool {
  let end = item.at + item.size;
  let next = step(item.at, end, ITEMS);
  for (; next !== 0 && index > 0; index--) next = step(next, end, ITEMS);
  return next !== 0;
}

function put(byte: u32): void {
  if (out < outEnd) store<u8>(out++, byte);
}

function putAll(value: Slice): void {
  for (let i: u32 = 0; i < value.size; i++) put(load<u8>(value.at + i));
}

/** Writes `value` as a JSON string. */
function quote(value: Slice): void {
  put(QUOTE);
  for (let i: u32 = 0; i < value.size && out < outEnd; i++) {
    let byte = <u32>load<u8>(value.at + i);
    if (byte < 0x20) {
      putAll(ESCAPED);
      put(ZERO + (byte >> 4));
      byte &= 15;
      byte += byte < 10 ? ZERO : 0x57;
    } else if (byte === QUOTE || byte === BACKSLASH) put(BACKSLASH);
    put(byte);
  }
  put(QUOTE);
}

/** Writes a number, or a string if JSON has no notation for it. */
function writeNumber(value: f64): void {
  let isNumber = isFinite(value);
  if (!isNumber) put(QUOTE);
  // There's room for one number past the end.
  out = min(writeWholeDouble(out, value), outEnd);
  if (!isNumber) put(QUOTE);
}

/** Writes the value in `kind` and `item` as JSON. The items of Metadata are Structs, not Values. */
function writeJson(depth: u32, isMetadata: bool): void {
  if (kind === STRING) quote(item);
  else if (kind === NUMBER) writeNumber(load<f64>(item.at));
  else if (kind === BOOLEAN) putAll(item);
  else if (kind === NULL || depth === MAX_DEPTH) putAll(NO_VALUE);
  else writeItems(depth + 1, isMetadata);
}

function writeItems(depth: u32, isMetadata: bool): void {
  let isObject = kind === STRUCT;
  let end = item.at + item.size;
  let mark = isObject ? OPEN_OBJECT : OPEN_LIST;
  for (let next = step(item.at, end, ITEMS); next !== 0 && out < outEnd; next = step(next, end, ITEMS)) {
    put(mark);
    mark = COMMA;
    if (isObject) {
      openEntry();
      quote(key);
      put(COLON);
    }
    if (isMetadata) kind = STRUCT;
    else openValue();
    writeJson(depth, false);
  }
  if (mark !== COMMA) put(mark);
  put(isObject ? CLOSE_OBJECT : CLOSE_LIST);
}

/** Points `value` at the text of the value in `kind` and `item`. */
function spellItem(value: Slice, max: u32, isMetadata: bool): void {
  if (kind === NULL) return value.clear();
  if (kind !== STRING && kind !== BOOLEAN) {
    let at = allocate(max + 1 + MAX_DOUBLE);
    if (kind === NUMBER) out = writeDouble(at, load<f64>(item.at), 6);
    else {
      out = at;
      outEnd = at + max + 1;
      writeJson(0, isMetadata);
    }
    item.set(at, <u32>(out - at));
  }
  value.copyFrom(item);
}

/**
 * Follows `path` from the value in `kind` and `item`. Each of its parts is a NUL and then a name or the index in a
 * list.
 */
function walk(path: Slice, isMetadata: bool): void {
  let end = path.at + path.size;
  for (let at = path.at; at < end && kind !== NULL;) {
    let from = ++at;
    while (at < end && load<u8>(at) !== 0) at++;
    name.set(from, <u32>(at - from));
    let isFound = false;
    if (kind === STRUCT) isFound = find(name);
    else if (kind === LIST) isFound = pick(readDecimal(from, name.size, u32.MAX_VALUE));
    if (!isFound) kind = NULL;
    else if (!isMetadata) openValue();
    isMetadata = false;
  }
}

/**
 * Points `value`, a Metadata or a Node, at the text of the metadata value at `path`, or at nothing. JSON longer than
 * `max` bytes may be cut, but never to `max` bytes or fewer.
 */
export function spellMetadata(value: Slice, path: Slice, isNode: bool, max: u32): void {
  kind = STRUCT;
  item.copyFrom(value);
  if (isNode && step(item.at, item.at + item.size, NODE_METADATA) === 0) kind = NULL;
  walk(path, !isNode);
  spellItem(value, max, !isNode && path.size === 0);
}
