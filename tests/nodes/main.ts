// `npm run test:nodes`, and `npm run test:nodes -- 24` for one of them: the first command that a newcomer runs, then all
// unit tests, on each version of Node that people have besides the one that runs this. Each runs in a copy of the sources,
// since another Node makes setup.mjs build anew. The packages are this clone's.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { signalGroup } from "../../runner/command.ts";
import { ToolMissing } from "../peers/tools.ts";
import { findNode, majors, npm } from "./node.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What npm is asked for. */
const commands = [
  ["start", "--", "--once"],
  ["run", "test:unit"],
];

/** Copies what git would commit from here into a fresh folder and returns its path. */
function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-nodes-"));
  const options = { cwd: root, encoding: "utf8" } as const;
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], options);
  for (const file of list.split("\n").filter((line) => line !== "" && existsSync(root + line))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(root + file, join(folder, file));
  }
  symlinkSync(`${root}node_modules`, join(folder, "node_modules"));
  return folder;
}

let running: ChildProcess | undefined;
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    // It ends its own processes. After that the copy of the sources can be removed.
    if (running) signalGroup(running, "SIGTERM");
  });
}

/** Runs all commands with the Node in the folder `node`, up to the first that fails. Returns whether none did. */
async function passes(node: string): Promise<boolean> {
  const cwd = copySources();
  try {
    for (const asked of commands) if (isInterrupted || !(await succeeds(node, asked, cwd))) return false;
    return true;
  } finally {
    rmSync(cwd, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function succeeds(node: string, asked: string[], cwd: string): Promise<boolean> {
  const env = { ...process.env, PATH: `${node}${delimiter}${process.env.PATH}` };
  const [command = "", ...args] = [...npm(join(node, "node")), ...asked];
  running = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  try {
    const [status] = (await once(running, "exit")) as [number | null];
    return status === 0;
  } catch (error) {
    console.error(`${command} could not be started: ${(error as Error).message}`);
    return false;
  }
}

const failed: string[] = [];
for (const major of process.argv.length > 2 ? process.argv.slice(2) : majors) {
  try {
    const node = await findNode(major);
    console.log(`• Node ${major}`);
    if (!(await passes(node))) failed.push(major);
    if (isInterrupted) process.exit(130);
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    console.log(`Node ${major} is skipped: ${error.message}`);
  }
}
for (const major of failed) console.error(`Failed on Node ${major}`);
process.exit(failed.length > 0 ? 1 : 0);
