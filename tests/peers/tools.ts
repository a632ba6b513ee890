// The tools that build or run other projects' programs, and the cache for those programs. Knows versions and the cache;
// refuses to know what is built. A missing tool throws ToolMissing, whose message is one line.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { atExit } from "../../runner/cleanup.ts";
import { onPath, run } from "../../runner/command.ts";
import { cacheFolder } from "../../runner/wheel.ts";

/** Some tests cannot run on this machine. The message is one line. */
export class ToolMissing extends Error {}

/** The Go modules here require this version. An older Go would download a newer toolchain. */
const OLDEST_GO = [1, 26] as const;
const OLDEST_JAVA = 17;

/** Path of Go. Throws ToolMissing. */
export async function findGo(): Promise<string> {
  const go = onPath("go", process.env);
  if (go === undefined) throw new ToolMissing("there is no Go on the PATH");
  const { output } = await run(go, ["env", "GOVERSION"], { ...process.env, GOTOOLCHAIN: "local" });
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(output) ?? [];
  if (Number(major) === OLDEST_GO[0] && Number(minor) >= OLDEST_GO[1]) return go;
  throw new ToolMissing(`Go ${OLDEST_GO.join(".")} or newer is needed, and this is ${output.trim()}`);
}

/** Path of Java. Throws ToolMissing. */
export async function findJava(): Promise<string> {
  const java = onPath("java", process.env);
  if (java === undefined) throw new ToolMissing("there is no Java on the PATH");
  const { output } = await run(java, ["-version"], process.env);
  const [, major] = /version "(\d+)/.exec(output) ?? [];
  if (Number(major) >= OLDEST_JAVA) return java;
  throw new ToolMissing(`Java ${OLDEST_JAVA} or newer is needed, and this is ${output.split("\n")[0]}`);
}

/** Path of Maven. Throws ToolMissing. */
export function findMaven(): string {
  const maven = onPath("mvn", process.env);
  if (maven === undefined) throw new ToolMissing("there is no Maven (mvn) on the PATH");
  return maven;
}

/** The first 16 hex digits of the SHA-256 of all parts. */
export function fingerprint(parts: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/**
 * Path of `file` in the cache's folder `name`. If it is missing, `make` fills a temporary folder, which is then renamed: the
 * cache holds everything or nothing. `make` says what it does; how long it took is printed to stderr.
 */
export async function cached(name: string, file: string, make: (folder: string) => Promise<void>): Promise<string> {
  const kept = join(cacheFolder(process.env), name);
  const path = join(kept, file);
  if (existsSync(path)) return path;
  mkdirSync(cacheFolder(process.env), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(process.env), ".partial-"));
  const clear = (): void => rmSync(work, { recursive: true, force: true });
  const forget = atExit(clear);
  const began = Date.now();
  try {
    await make(work);
    rename(work, kept, path);
    console.error(`  made in ${((Date.now() - began) / 1000).toFixed(0)} s: ${kept}`);
  } finally {
    forget();
    clear();
  }
  return path;
}

function rename(from: string, to: string, path: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process finished first; its copy is just as good.
    if (!existsSync(path)) throw error;
  }
}
