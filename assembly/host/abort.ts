// What the release build calls where the language itself gives up: writes the reason to Envoy's log, then traps. The host offers no
// env.abort to import. Memory may be what failed, in malloc() too, where Envoy allows no call but proxy_log: so nothing is
// allocated here, and nothing else is called. asconfig.json gives the runtime both functions: `unreachable`, which is all that the
// allocator says when memory does not grow, would end the VM without a word.
import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";

const CRITICAL: u32 = 5;
const CAPACITY: usize = 256;
const line: usize = memory.data(256);
let size: usize = 0;

function append(text: string): void {
  for (let i = 0; i < text.length && size < CAPACITY; i++) store<u8>(line + size++, <u8>text.charCodeAt(i));
}

function trap(): void {
  proxy_log(CRITICAL, line, size);
  // Beyond the end of any memory. `unreachable` would come back here.
  load<u64>(usize.MAX_VALUE);
}

export function abort(message: string | null, file: string | null, _line: u32, _column: u32): void {
  append("this VM fails: ");
  append(message === null ? "aborted" : message);
  if (file !== null) {
    append(" in ");
    append(file);
  }
  trap();
}

/** Replaces the runtime's `unreachable`: memory did not grow. */
export function giveUp(): void {
  append("this VM fails: out of memory");
  trap();
}
