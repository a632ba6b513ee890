// Runs one of Istio's programs as a child process, watches it and makes sure that it stops. Knows processes; refuses to
// know what the program is for.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { atExit } from "../../runner/cleanup.ts";
import { signalGroup } from "../../runner/command.ts";
import { LogTail } from "../../runner/log.ts";
import { PATIENCE_MS } from "../wait.ts";
import { setTimeout as sleep } from "node:timers/promises";

export interface Program {
  name: string;
  pid: number;
  /** The last megabyte of what it printed. */
  log(): string;
  /** Resolves when the program is gone, with the way it ended. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  command: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Called until it returns true, which means that the program has started. */
  ready(): Promise<boolean>;
}

/** Starts a program and waits until it is ready, up to a minute. After that it throws with what the program printed. */
export async function startProgram({ name, command, env, cwd, ready }: ProgramOptions): Promise<Program> {
  const [binary = "", ...args] = command;
  const child = spawn(binary, args, {
    env: { ...process.env, ...env },
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = new LogTail(1024 * 1024);
  child.stdout.setEncoding("utf8").on("data", (text: string) => log.add(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => log.add(text));
  const forget = atExit(() => signalGroup(child, "SIGKILL"));
  let over: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve((over = error.message)));
    child.on("close", (code, signal) => resolve((over = `ended with ${signal ?? `code ${code}`}`)));
  });
  const stop = async (): Promise<void> => {
    signalGroup(child, "SIGTERM");
    const patience = setTimeout(() => signalGroup(child, "SIGKILL"), 5000);
    await ended;
    clearTimeout(patience);
    forget();
  };

  const deadline = Date.now() + PATIENCE_MS;
  while (!(await ready().catch(() => false))) {
    if (over === undefined && Date.now() < deadline) {
      await sleep(50);
      continue;
    }
    const reason = over ?? `was not ready after ${PATIENCE_MS / 1000} s`;
    await stop();
    throw new Error(`${name} ${reason}\n${log.text().split("\n").slice(-30).join("\n")}`);
  }
  return { name, pid: child.pid ?? 0, log: () => log.text(), ended, stop };
}

/** Ports that are free now, for programs that cannot choose one and report it. */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
