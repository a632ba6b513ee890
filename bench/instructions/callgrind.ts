// Runs Envoy under valgrind's callgrind, which counts the user-space instructions of a process
// (https://valgrind.org/docs/manual/cl-manual.html). Knows how to count; refuses to know what.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "../../runner/cleanup.ts";
import { onPath, run, type Environment } from "../../runner/command.ts";
import type { Subject } from "../bench.ts";
import { Problem } from "../options.ts";

/** Callgrind makes everything many times slower. */
export const PATIENCE_MS = 120_000;

export interface Callgrind {
  /** Path of a program that takes Envoy's arguments and runs Envoy under callgrind. */
  program: string;
  /** Starts counting in process `pid` of that program. Throws Problem. */
  start(pid: number): Promise<void>;
  /**
   * The instructions that `subject`, which was started, executes for each request that `work` sends. The requests that lead
   * in to a window count too, because callgrind counts them. Throws Problem.
   */
  perRequest(subject: Subject, work: () => Promise<unknown>): Promise<number>;
}

/** Prepares to count `envoy`. Throws Problem if there is no valgrind on the PATH of `env`. */
export function useCallgrind(envoy: string, env: Environment): Callgrind {
  const valgrind = onPath("valgrind", env);
  const control = onPath("callgrind_control", env);
  if (valgrind === undefined || control === undefined)
    throw new Problem("bench: --instructions wants valgrind with callgrind_control, and there is none on the PATH");
  const folder = mkdtempSync(join(tmpdir(), "lightspan-callgrind-"));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "envoy");
  const options = `--tool=callgrind --instr-atstart=no --callgrind-out-file='${folder}/%p'`;
  writeFileSync(program, `#!/bin/sh\nexec '${valgrind}' ${options} '${envoy}' "$@"\n`, { mode: 0o755 });

  const tell = async (pid: number, command: string[]): Promise<void> => {
    const { code, output } = await run(control, [...command, String(pid)], env);
    if (code !== 0) throw new Problem(`bench: callgrind_control ${command.join(" ")}: ${output.trim()}`);
  };
  const dumps = new Map<number, number>();
  return {
    program,
    start: (pid) => tell(pid, ["--instr=on"]),
    async perRequest(subject, work) {
      const { pid } = subject.envoy;
      const before = subject.requests;
      await tell(pid, ["--zero"]);
      await work();
      await tell(pid, ["--dump"]);
      const dump = (dumps.get(pid) ?? 0) + 1;
      dumps.set(pid, dump);
      return readCount(readFileSync(join(folder, `${pid}.${dump}`), "utf8")) / (subject.requests - before);
    },
  };
}

export function thousands(count: number): string {
  return `${(count / 1000).toFixed(1)} thousand`;
}

/** The number of instructions in a callgrind profile. Throws Problem if it has none. */
export function readCount(profile: string): number {
  const count = /^summary: (\d+)$/m.exec(profile)?.[1];
  if (count === undefined) throw new Problem("bench: callgrind wrote a profile without a summary");
  return Number(count);
}
