// The release build calls these when the language itself gives up: they write the reason to Envoy's log, then trap. The host has
// no env.abort to import. The failure may be in memory, even in malloc(), where Envoy allows only proxy_log: so nothing is
// allocated and nothing else is called here. asconfig.json gives the runtime both functions: otherwise `unreachable`, which is all
// that the allocator does when memory cannot grow, would end the VM without a word.
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
  // Beyond the end of any memory. `unreachable` would call giveUp() again.
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

/** Replaces the runtime's `unreachable`: memory cannot grow. */
export function giveUp(): void {
  append("this VM fails: out of memory");
  trap();
}
