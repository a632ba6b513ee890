// Compiles the AssemblyScript in assembly/ with the release build's options, in memory, and instantiates the result.
// Leaves out wasm-opt, the build's second optimizer: it takes longer than all the rest and changes little here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { Problem } from "../options.ts";

/** Does its work `times` times; its result only keeps the compiler from optimizing the work away. */
export type HotPath = (times: number) => number;

const root = fileURLToPath(new URL("../..", import.meta.url));
const entry = "bench/micro/assembly/index.ts";

interface AscConfig {
  options: Record<string, unknown>;
  targets: { release: Record<string, unknown> };
}

/** The release build's options as arguments, except its output and what needs Envoy as host. */
function releaseOptions(): string[] {
  const { options, targets } = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8")) as AscConfig;
  const kept = Object.entries({ ...options, ...targets.release }).filter(
    ([name]) => !["outFile", "use"].includes(name),
  );
  return kept.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
}

async function compile(): Promise<Uint8Array> {
  let wasm = new Uint8Array();
  // The repository's configuration file would add the whole filter.
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

/** All hot paths by name, ready to run. */
export async function compileHotPaths(): Promise<Map<string, HotPath>> {
  const module = await WebAssembly.compile(new Uint8Array(await compile()));
  const { exports } = await WebAssembly.instantiate(module, {});
  const functions = Object.entries(exports).filter(([, value]) => typeof value === "function") as [string, HotPath][];
  (exports._initialize as () => void)();
  return new Map(functions.filter(([name]) => name !== "_initialize"));
}
