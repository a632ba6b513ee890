// Runs any collector as a child process: starts it, reads its output line by line, and makes sure that it stops.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { atExit } from "../../runner/cleanup.ts";
import { signalGroup } from "../../runner/command.ts";
import { PATIENCE_MS } from "../wait.ts";

const SOFT_STOP_MS = 5_000;
/** How many lines of output a failure shows. */
const SHOWN = 20;

export interface Program {
  stop(): Promise<void>;
}

/**
 * Starts a program, passes each line of its output to `ready`, and returns the first defined result. Later lines go to
 * `ready` too. Throws an Error with the last lines if the program ends before or takes longer than PATIENCE_MS.
 */
export async function startProgram<T>(
  command: [program: string, ...args: string[]],
  environment: Record<string, string>,
  ready: (line: string) => T | undefined,
): Promise<Program & { ready: T }> {
  const [program, ...args] = command;
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const forget = atExit(() => signalGroup(child, "SIGKILL"));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  const stop = async (): Promise<void> => {
    signalGroup(child, "SIGTERM");
    const hard = setTimeout(() => signalGroup(child, "SIGKILL"), SOFT_STOP_MS);
    await ended;
    clearTimeout(hard);
    forget();
  };

  const last: string[] = [];
  const first = new Promise<T>((resolve, reject) => {
    const read = (line: string): void => {
      last.push(line);
      if (last.length > SHOWN) last.shift();
      const value = ready(line);
      if (value !== undefined) resolve(value);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", read);
    void ended.then((how) => reject(new Error(how)));
    setTimeout(() => reject(new Error(`was not ready after ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
  });
  try {
    return { ready: await first, stop };
  } catch (error) {
    await stop();
    throw new Error(`${program} ${error instanceof Error ? error.message : error}\n${last.join("\n")}`);
  }
}
