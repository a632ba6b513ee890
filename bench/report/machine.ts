// Describes the machine and programs of a run, so that runs can be told apart.
import { statSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { run } from "../../runner/command.ts";
import { versionOf } from "../../runner/find.ts";
import { cpuResolution } from "../measure/process.ts";
import type { Machine } from "../results.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** This machine, `envoy` and the module at `wasm`. */
export async function describeMachine(envoy: string, wasm: string): Promise<Machine> {
  const version = versionOf((await run(envoy, ["--version"], process.env)).output);
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    envoy: version ?? "of unknown version",
    commit: await commit(),
    moduleBytes: statSync(wasm).size,
    cpuResolution: cpuResolution(),
    loadAverage: loadavg()[0] ?? 0,
  };
}

async function commit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => {
    const { code, output } = await run("git", ["-C", root, ...args], process.env);
    return code === 0 ? output.trim() : "";
  };
  const hash = await git("rev-parse", "--short", "HEAD");
  if (hash === "") return "unknown";
  return (await git("status", "--porcelain", "--", "assembly")) === "" ? hash : `${hash} with changes in assembly/`;
}
