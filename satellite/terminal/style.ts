// Whether the output takes colour, and how wide it is. Nothing else in terminal/ looks at the environment.

import { PLAIN } from "./table.ts";
import type { Style } from "./table.ts";

/** Colour is for terminals only, if NO_COLOR is unset or empty. A file or a pipe has no width limit. */
export function terminalStyle(out: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): Style {
  return out.isTTY ? { colour: !env["NO_COLOR"], width: out.columns || 80 } : PLAIN;
}
