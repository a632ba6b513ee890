// Reads the attributes that spans need; the answers stay until the next question. All come over in one crossing, as the
// value of one expression: a crossing that returns data costs as much as a dozen that return none (RATIONALE.md). If the
// host knows no expressions, each attribute is asked for by itself.
import { Fixed } from "../bytes/fixed";
import { over, Slice, text, toText } from "../bytes/slice";
import { compile, evaluate } from "../host/expression";
import { readProperty } from "../host/properties";

// One absent attribute leaves the whole list without a value, so `#` marks a number that may be absent and `$` a text. A
// check costs as much as the attribute itself, so one check stands for all, that of response.backend_latency: a stream that an
// upstream host answered completely has all of them.
const NAMES: Slice = text(
  "request.time,request.duration#,request.total_size,request.protocol$,response.code#,response.flags,response.size,source.address,xds.cluster_name$,xds.listener_direction,xds.virtual_host_name$,",
);

// Places in the list.
export const REQUEST_TIME: usize = 0;
export const REQUEST_DURATION: usize = 1;
export const REQUEST_TOTAL_SIZE: usize = 2;
export const REQUEST_PROTOCOL: usize = 3;
export const RESPONSE_CODE: usize = 4;
export const RESPONSE_FLAGS: usize = 5;
export const RESPONSE_SIZE: usize = 6;
export const SOURCE_ADDRESS: usize = 7;
export const CLUSTER_NAME: usize = 8;
export const LISTENER_DIRECTION: usize = 9;
/** The last one, because not every root context asks for it. */
export const VIRTUAL_HOST_NAME: usize = 10;
const COUNT: usize = 11;

const DOT: u8 = 0x2e;
const COMMA: u8 = 0x2c;
const NUMBER: u8 = 0x23;
const TEXT: u8 = 0x24;

const answers: usize = memory.data(<i32>(COUNT * offsetof<Slice>()), 8);
const paths: usize = memory.data(<i32>(COUNT * offsetof<Slice>()), 8);
const list = Fixed.record<Slice>();
fillPaths();

function path(place: usize): Slice {
  return changetype<Slice>(paths + place * offsetof<Slice>());
}

/** Turns `a.b,c.d#,` into the property paths `a\0b` and `c\0d`. */
function fillPaths(): void {
  let at = heap.alloc(NAMES.size);
  memory.copy(at, NAMES.at, NAMES.size);
  for (let place: usize = 0; place < COUNT; place++, at++) {
    let from = at;
    let size: u32 = 0;
    for (; load<u8>(at) !== COMMA; at++) {
      let byte = load<u8>(at);
      if (byte === DOT) store<u8>(at, 0);
      if (byte !== NUMBER && byte !== TEXT) size++;
    }
    path(place).set(from, size);
  }
}

/** The first `count` of `a.b,c.d#,` as `[a.b,c.d]`, or as `[a.b,has(c.d)?c.d:0]` if attributes `mayBeAbsent`. */
function listExpression(count: usize, mayBeAbsent: bool): string {
  let expression = "";
  let from = NAMES.at;
  for (let at = from; count > 0; at++) {
    if (load<u8>(at) !== COMMA) continue;
    let mark = load<u8>(at - 1);
    let isOptional = mark === NUMBER || mark === TEXT;
    let name = toText(over(from, <u32>(at - from) - u32(isOptional)));
    if (isOptional && mayBeAbsent) name = "has(" + name + ")?" + name + (mark === NUMBER ? ":0" : ":''");
    expression += (expression.length > 0 ? "," : "[") + name;
    from = at + 1;
    count--;
  }
  return expression + "]";
}

/** What a root context asks about its streams: the first `count` attributes, by an expression if the host took it. */
export class Question {
  constructor(
    readonly expression: u32,
    readonly count: usize,
  ) {}
}

/** Has the host compile the question for the current root context. */
export function prepare(withVirtualHost: bool): Question {
  let count = withVirtualHost ? COUNT : VIRTUAL_HOST_NAME;
  let cel = "has(response.backend_latency)?" + listExpression(count, false) + ":" + listExpression(count, true);
  return new Question(compile(text(cel)), count);
}

/** Asks `question` about the current stream. Attributes that it leaves out are empty. */
export function ask(question: Question): void {
  let count = question.count;
  for (let place = count; place < COUNT; place++) answer(place).clear();
  if (evaluate(question.expression, list) && splitList(count)) return;
  for (let place: usize = 0; place < count; place++) readProperty(path(place), answer(place));
}

/** Points the answers into the list; false if it is not a list of `count` values. */
function splitList(count: usize): bool {
  if (list.size < 4 + <u32>count * 8 || load<u32>(list.at) !== <u32>count) return false;
  let sizes = list.at + 4;
  let at = sizes + count * 8;
  let end = <u64>list.at + list.size;
  for (let place: usize = 0; place < count; place++, sizes += 8) {
    let size = load<u32>(sizes);
    if (<u64>at + size + 2 > end) return false;
    answer(place).set(at, size);
    at += size + 2;
  }
  return true;
}

/** The value at `place`; empty if absent. */
export function answer(place: usize): Slice {
  return changetype<Slice>(answers + place * offsetof<Slice>());
}

/** The number at `place`; 0 if absent. Times are nanoseconds. */
export function number(place: usize): u64 {
  let value = answer(place);
  return value.size === 8 ? load<u64>(value.at) : 0;
}
