// Other programs: where they are on the PATH and what they print. Refuses to know what they are for. It searches the PATH itself, not
// through a shell or spawn, so that a caller can name the file that was found.
import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { atExit } from "./cleanup.ts";

export type Environment = Record<string, string | undefined>;

/** What a program printed, both streams as they came, and its exit code: null if it did not start or was killed. */
export interface Outcome {
  code: number | null;
  output: string;
}

/** Whether `path` is a file that this user may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first executable called `name` on the PATH of `env`. */
export function onPath(name: string, env: Environment): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Sends a signal to a child that was started with `detached`, and to the processes that it started. A command on the PATH is often a
 * script around the real program, say of a version manager. Killing only the script would leave the program.
 */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

/** Runs a program to its end. Never throws: a program that can't start has an Outcome too. */
export function run(program: string, args: string[], env: Environment): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const forget = atExit(() => signalGroup(child, "SIGKILL"));
    let output = "";
    const read = (text: string): void => void (output += text);
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    const end = (code: number | null): void => {
      forget();
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      end(null);
    });
    child.on("close", end);
  });
}
