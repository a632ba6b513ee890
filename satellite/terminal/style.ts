// What the output goes to: whether it takes colour and how wide it is. Only here is the environment looked at.

import { PLAIN } from "./table.ts";
import type { Style } from "./table.ts";

/** Colour for a terminal only, and only while NO_COLOR is unset or empty; a file or a pipe has no width to keep to. */
export function terminalStyle(out: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): Style {
  return out.isTTY ? { colour: !env["NO_COLOR"], width: out.columns || 80 } : PLAIN;
}
