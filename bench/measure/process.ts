// What another process has used, from Linux's /proc.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A tick of /proc/PID/stat: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_NANOS = 10_000_000;

/** Why the benchmark cannot run on this machine; undefined if it can. */
export function whyUnsupported(): string | undefined {
  if (process.platform !== "linux")
    return "the benchmark reads /proc, which only Linux has; run it there or in a container";
  return existsSync("/proc/self/stat") ? undefined : "/proc is not mounted here, and the benchmark reads it";
}

/** The resolution of cpuNanos() here. */
export function cpuResolution(): "ns" | "10 ms" {
  return existsSync("/proc/self/schedstat") ? "ns" : "10 ms";
}

/** User and system CPU time of all threads of `pid`. Only the 10 ms resolution includes threads that have ended. */
export function cpuNanos(pid: number): number {
  return cpuResolution() === "ns" ? schedstat(pid) : ticks(pid) * TICK_NANOS;
}

function schedstat(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  }
  return nanos;
}

function ticks(pid: number): number {
  // The name, in parentheses, may contain anything.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
  const [user, system] = stat.split(" ").slice(11, 13).map(Number);
  return (user ?? 0) + (system ?? 0);
}

/** Resident bytes of `pid`. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** The number of threads of `pid` that serve requests, by Envoy's names for them. */
export function workersOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.filter((thread) => readFileSync(`/proc/${pid}/task/${thread}/comm`, "utf8").startsWith("wrk:")).length;
}
