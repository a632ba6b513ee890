// Compiles the AssemblyScript in assembly/ in memory, with the options of the release build, and instantiates it.
// Skips the build's second optimizer, wasm-opt: it takes longer than everything else and changes little here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { Problem } from "../options.ts";

/** Does its work `times` times. The result only keeps the compiler from removing the work. */
export type Room = (times: number) => number;

const root = fileURLToPath(new URL("../..", import.meta.url));
const entry = "bench/micro/assembly/index.ts";

interface AscConfig {
  options: Record<string, unknown>;
  targets: { release: Record<string, unknown> };
}

/** The release build's options as arguments, without its output and without those that need Envoy's host. */
function releaseOptions(): string[] {
  const { options, targets } = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8")) as AscConfig;
  const kept = Object.entries({ ...options, ...targets.release }).filter(
    ([name]) => !["outFile", "use"].includes(name),
  );
  return kept.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
}

async function compile(): Promise<Uint8Array> {
  let wasm = new Uint8Array();
  // No configuration file: the repository's own would add the whole filter.
  const config = ["--config", "none", "--use", "abort=", "--outFile", "micro.wasm", "--baseDir", root];
  const { error, stderr } = await asc.main([entry, ...releaseOptions(), ...config], {
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm") && typeof contents !== "string") wasm = new Uint8Array(contents);
    },
  });
  if (error)
    throw new Problem(`asc refused ${entry}, or the part of assembly/ that it measures:\n${stderr.toString()}`);
  return wasm;
}

/** All rooms by name, ready to run. */
export async function compileRooms(): Promise<Map<string, Room>> {
  const module = await WebAssembly.compile(new Uint8Array(await compile()));
  const { exports } = await WebAssembly.instantiate(module, {});
  const functions = Object.entries(exports).filter(([, value]) => typeof value === "function") as [string, Room][];
  (exports._initialize as () => void)();
  return new Map(functions.filter(([name]) => name !== "_initialize"));
}
