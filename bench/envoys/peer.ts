// Builds the peer: a tracing filter in Rust, written with the crate that most filters use (bench/peer). Knows what the
// build needs; without it everything else is still measured.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, run, type Environment } from "../../runner/command.ts";

const TARGET = "wasm32-wasip1";
const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = join(root, "bench/peer/Cargo.toml");
const folder = join(root, "build/peer");
const module = join(folder, TARGET, "release/lightspan_bench_peer.wasm");

/** The module's path, or one line on why there is none. */
export type Peer = { path: string } | { missing: string };

/**
 * Builds the peer, which takes some seconds the first time. CARGO and RUSTC in `env` override the programs on its PATH.
 */
export async function buildPeer(env: Environment): Promise<Peer> {
  const cargo = env.CARGO ?? onPath("cargo", env);
  const rustc = env.RUSTC ?? onPath("rustc", env);
  if (cargo === undefined || rustc === undefined)
    return missing(`there is no ${cargo ? "rustc" : "cargo"} on the PATH`);
  const libraries = await run(rustc, ["--print", "target-libdir", "--target", TARGET], env);
  if (libraries.code !== 0 || !existsSync(libraries.output.trim()))
    return missing(`Rust has no target ${TARGET} here (rustup target add ${TARGET})`);
  const where = ["--manifest-path", manifest, "--target-dir", folder];
  const { code, output } = await run(cargo, ["build", "--release", "--locked", "--target", TARGET, ...where], env);
  if (code === 0) return { path: module };
  const error = output.split("\n").find((line) => line.startsWith("error")) ?? `exit code ${code}`;
  return missing(`cargo build: ${error.replaceAll(root, "")}`);
}

function missing(reason: string): Peer {
  return { missing: `no row for a filter in Rust: ${reason}` };
}
