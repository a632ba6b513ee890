// What the release build calls where the language itself gives up (out of memory): the reason into Envoy's log, then the
// trap. The host offers no env.abort to import.
import { critical } from "./log";

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  let what = message === null ? "aborted" : message;
  let where = file === null ? "" : " at " + file + ":" + line.toString() + ":" + column.toString();
  critical(what + where);
  unreachable();
}
