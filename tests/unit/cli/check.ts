// Runs `lightspan check` from the command line and returns its output and exit code.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const lightspan = fileURLToPath(new URL("../../../cli/lightspan.mjs", import.meta.url));

export interface Checked {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `lightspan check` on a file, or on `input` for `-`. */
export function check(file: string, input = "", environment: Record<string, string> = {}): Checked {
  const env = { ...process.env, ...environment };
  const done = spawnSync(process.execPath, [lightspan, "check", file], { input, env, encoding: "utf8" });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
