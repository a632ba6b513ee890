// One real Envoy as a child process: starts it from a configuration object, waits until it is live, asks it through its admin port, and
// makes sure that it stops. Knows Envoy's command line and admin interface; refuses to know what is configured.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "./cleanup.ts";
import { signalGroup } from "./command.ts";
import type { Config } from "./config/bootstrap.ts";
import { LogTail, reasonIn } from "./log.ts";
import { reserveUdpPorts } from "./udp.ts";

export interface EnvoyOptions {
  /** Path of the program, as findEnvoy returns it. */
  binary: string;
  /** Its name in messages. */
  name: string;
  /** The bootstrap. If it has no `admin`, one on a free loopback port is added. */
  config: Config;
  concurrency?: number;
  logLevel?: string;
  /** For example `wasm:debug`. */
  componentLogLevel?: string;
  /** More options for Envoy. With `--base-id` among them, hot restart stays on. */
  extraArgs?: string[];
  /** Environment variables, in addition to those of this process. */
  env?: Record<string, string>;
  readyTimeoutMs?: number;
}

export interface EnvoyProcess {
  readonly name: string;
  readonly pid: number;
  /** The admin interface, `http://127.0.0.1:PORT`. */
  readonly admin: string;
  /** Resolves when the process has ended, and says how. */
  readonly ended: Promise<string>;
  /** The log so far, up to the last 2 MB. */
  log(): string;
  /** Counters and gauges whose name starts with `prefix`. */
  stats(prefix?: string): Promise<Map<string, number>>;
  /** The port that a listener is bound to, even if it was configured as 0. */
  listenerPort(name: string): Promise<number>;
  /** Stops the process, by force if need be, and removes its temporary folder. May be called twice. */
  stop(): Promise<void>;
}

/** Envoy refused its configuration, died, or did not become live. `log` has everything it wrote. */
export class EnvoyFailed extends Error {
  readonly #log: string;

  constructor(
    readonly envoy: string,
    reason: string,
    log: string,
  ) {
    super(`Envoy ${envoy} ${reason}\n${reasonIn(log)}`);
    this.#log = log;
  }

  // A getter, so that printing the error does not print 2 MB.
  get log(): string {
    return this.#log;
  }
}

/** Starts one Envoy and waits until it is live. Throws EnvoyFailed if it doesn't get there. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  const { name, binary, readyTimeoutMs = 60_000 } = options;
  const { config, release } = await reserveUdpPorts(options.config);
  const folder = mkdtempSync(join(tmpdir(), "lightspan-envoy-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const child = spawn(binary, commandLine({ ...options, config }, folder), {
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const forget = atExit(() => {
    signalGroup(child, "SIGKILL");
    removeFolder();
  });
  const log = new LogTail(2 * 1024 * 1024);
  child.stdout.setEncoding("utf8").on("data", (text: string) => log.add(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => log.add(text));
  const ended = endOf(child);

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= end(child, ended).then(release).then(forget).then(removeFolder));

  try {
    const admin = await whenLive(join(folder, "admin"), ended, readyTimeoutMs);
    return {
      name,
      pid: child.pid ?? 0,
      admin,
      ended,
      log: () => log.text(),
      stats: (prefix = "") => readStats(admin, prefix),
      listenerPort: (listener) => readPort(admin, listener),
      stop,
    };
  } catch (error) {
    await stop();
    throw new EnvoyFailed(name, error instanceof Error ? error.message : String(error), log.text());
  }
}

function commandLine(options: EnvoyOptions, folder: string): string[] {
  const { config, concurrency = 1, logLevel = "info", componentLogLevel, extraArgs = [] } = options;
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
  const configPath = join(folder, "envoy.json");
  writeFileSync(configPath, JSON.stringify({ admin, ...config }));
  const args = ["-c", configPath, "--admin-address-path", join(folder, "admin")];
  args.push("--concurrency", String(concurrency), "-l", logLevel);
  if (componentLogLevel !== undefined) args.push("--component-log-level", componentLogLevel);
  // Hot restart claims a number that no other Envoy of this machine may have.
  if (!extraArgs.includes("--base-id")) args.push("--disable-hot-restart");
  return [...args, ...extraArgs];
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    // "exit" may come before the last line of the log has been read; "close" comes after it.
    child.on("close", (code, signal) =>
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
    );
  });
}

async function whenLive(addressPath: string, ended: Promise<string>, timeoutMs: number): Promise<string> {
  let how: string | undefined;
  void ended.then((text) => (how = text));
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const admin = await liveAdmin(addressPath);
    if (how !== undefined) throw new Error(how);
    if (admin !== undefined) return admin;
    await sleep(20);
  }
  throw new Error(`was not live after ${timeoutMs / 1000} s`);
}

async function liveAdmin(addressPath: string): Promise<string | undefined> {
  try {
    const admin = `http://${readFileSync(addressPath, "utf8").trim()}`;
    return (await ask(admin, "/ready")).startsWith("LIVE") ? admin : undefined;
  } catch {
    // There is no file yet, nothing listens yet, or Envoy is not live yet.
    return undefined;
  }
}

async function end(child: ChildProcess, ended: Promise<string>): Promise<void> {
  signalGroup(child, "SIGTERM");
  const patience = setTimeout(() => signalGroup(child, "SIGKILL"), 5000);
  await ended;
  clearTimeout(patience);
}

async function ask(admin: string, path: string): Promise<string> {
  const response = await fetch(admin + path, { signal: AbortSignal.timeout(60_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${admin}${path} answered ${response.status}: ${body.trim()}`);
  return body;
}

async function readStats(admin: string, prefix: string): Promise<Map<string, number>> {
  const pattern = `^${prefix.replace(/[^\w]/g, "\\$&")}`;
  const stats = new Map<string, number>();
  for (const line of (await ask(admin, `/stats?filter=${encodeURIComponent(pattern)}`)).split("\n")) {
    const colon = line.lastIndexOf(": ");
    const value = line.slice(colon + 2);
    // Histograms and texts have other lines.
    if (colon > 0 && /^\d+$/.test(value)) stats.set(line.slice(0, colon), Number(value));
  }
  return stats;
}

interface ListenerStatus {
  name: string;
  local_address: { socket_address?: { port_value: number } };
}

async function readPort(admin: string, listener: string): Promise<number> {
  const answer = JSON.parse(await ask(admin, "/listeners?format=json")) as { listener_statuses?: ListenerStatus[] };
  const listeners = answer.listener_statuses ?? [];
  const port = listeners.find(({ name }) => name === listener)?.local_address.socket_address?.port_value;
  if (port !== undefined) return port;
  throw new Error(`no listener ${listener} here, only: ${listeners.map(({ name }) => name).join(", ") || "none"}`);
}
