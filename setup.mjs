// Brings a fresh clone to the point where everything else runs: the npm packages of the lock file, then the module and
// the page.
// Runs on bare Node, before any package is there; knows nothing of Envoy (runner/find.ts does).
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`Lightspan needs Node 20 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs one command with its output shown; ends this process with the command's own exit code if it fails. */
function run(what, command, args) {
  console.log(`• ${what}`);
  const done = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (done.error) console.error(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
}

const installed = `${root}node_modules/.package-lock.json`;
const upToDate = existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
// Install scripts stay off: no package here needs its own to work.
if (!upToDate) run("installing npm packages (once)", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
run("building build/lightspan.wasm", process.execPath, [`${root}build.mjs`]);
run("building build/page", process.execPath, [`${root}satellite/page/build.mjs`]);
