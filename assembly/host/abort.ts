// What the release build calls where the language itself gives up (out of memory): the reason into Envoy's log, then the
// trap. The host offers no env.abort to import. It uses nothing that might be what failed.
import { critical } from "./log";

export function abort(message: string | null, file: string | null, _line: u32, _column: u32): void {
  let what = message === null ? "aborted" : message;
  critical(file === null ? what : what + " in " + file);
  unreachable();
}
