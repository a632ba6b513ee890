// `npm run test:nodes`, and `npm run test:nodes -- 24` for one of them: the first command that a newcomer runs, then all
// unit tests, on each version of Node that people have besides the one that runs this. Each runs in a copy of the sources,
// since another Node makes setup.mjs build anew. The packages are this clone's.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { atExit } from "../../runner/cleanup.ts";
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
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const options = { cwd: root, encoding: "utf8" } as const;
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], options);
  for (const file of list.split("\n").filter((line) => line !== "" && existsSync(root + line))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(root + file, join(folder, file));
  }
  symlinkSync(`${root}node_modules`, join(folder, "node_modules"));
  return folder;
}

/** Runs all commands with the Node in the folder `node`, up to the first that fails. Returns whether none did. */
function passes(node: string): boolean {
  const cwd = copySources();
  const env = { ...process.env, PATH: `${node}${delimiter}${process.env.PATH}` };
  return commands.every((asked) => {
    const [command = "", ...args] = [...npm(join(node, "node")), ...asked];
    const { status, error } = spawnSync(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
    if (error) console.error(`${command} could not be started: ${error.message}`);
    return status === 0;
  });
}

const failed: string[] = [];
for (const major of process.argv.length > 2 ? process.argv.slice(2) : majors) {
  try {
    const node = await findNode(major);
    console.log(`• Node ${major}`);
    if (!passes(node)) failed.push(major);
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    console.log(`Node ${major} is skipped: ${error.message}`);
  }
}
for (const major of failed) console.error(`Failed on Node ${major}`);
process.exit(failed.length > 0 ? 1 : 0);
