// The attributes that every span needs, as answers that stay until the next question. All of them come over in one crossing, as the
// value of one expression: a crossing that hands something over costs what a dozen that do not cost (RATIONALE.md). Where one
// is absent, or the host knows no expressions, each is asked for by itself.
import { Slice, text } from "../bytes/slice";
import { compile, evaluate } from "../host/expression";
import { readProperty } from "../host/properties";

const LIST: Slice = text(
  "[request.time,request.duration,request.total_size,request.protocol,response.code,response.flags,response.size,source.address,xds.cluster_name,xds.listener_direction]",
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
const COUNT: usize = 10;

const DOT: u8 = 0x2e;
const COMMA: u8 = 0x2c;

const answers: usize = heap.alloc(COUNT * offsetof<Slice>());
const paths: usize = heap.alloc(COUNT * offsetof<Slice>());
const list: Slice = new Slice();
spellPaths();

function path(place: usize): Slice {
  return changetype<Slice>(paths + place * offsetof<Slice>());
}

/** `[a.b,c.d]` as `a\0b` and `c\0d`, the paths of properties. */
function spellPaths(): void {
  let at = heap.alloc(LIST.size);
  memory.copy(at, LIST.at, LIST.size);
  let end = at + LIST.size - 1;
  for (let place: usize = 0; place < COUNT; place++) {
    let from = ++at;
    while (at < end && load<u8>(at) !== COMMA) {
      if (load<u8>(at) === DOT) store<u8>(at, 0);
      at++;
    }
    path(place).set(from, <u32>(at - from));
  }
}

/** Has the host compile the question for the current root context; what ask() wants to know. */
export function prepare(): u32 {
  return compile(LIST);
}

/** Asks for all attributes of the current stream, by `question` if there is one. */
export function ask(question: u32): void {
  if (evaluate(question, list) && takeApart()) return;
  for (let place: usize = 0; place < COUNT; place++) readProperty(path(place), answer(place));
}

/** Points the answers into the list; false if it is not such a list. */
function takeApart(): bool {
  if (list.size < 4 + <u32>COUNT * 8 || load<u32>(list.at) !== <u32>COUNT) return false;
  let sizes = list.at + 4;
  let at = sizes + COUNT * 8;
  let end = <u64>list.at + list.size;
  for (let place: usize = 0; place < COUNT; place++, sizes += 8) {
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
