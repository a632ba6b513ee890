// Brings a clone to the point where everything else runs: the npm packages of the lock file, then the module and the page.
// Does nothing twice: build/.setup.json records the contents of what each step read and wrote. Contents, not times: a git
// checkout changes the times of files that stay the same.
// Runs on bare Node, before any package is installed. Knows nothing of Envoy; runner/find.ts does.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const record = `${root}build/.setup.json`;
const [major, minor] = process.versions.node.split(".").map(Number);
// 20.11 is the first whose test runner has a limit of time.
if (major < 20 || (major === 20 && minor < 11)) {
  console.error(`Lightspan needs Node 20.11 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const builds = [
  {
    script: "build.mjs",
    inputs: ["assembly", "asconfig.json", "build.mjs", "compiler"],
    outputs: ["build/lightspan.wasm", "build/lightspan.wasm.sha256", "build/lightspan.schema.json"],
    what: "building build/lightspan.wasm",
  },
  {
    // The page also imports from the satellite's other rooms.
    script: "satellite/page/build.mjs",
    inputs: ["satellite", "tsconfig.json"],
    outputs: ["build/page"],
    what: "building build/page",
  },
];

/** A digest of the names and contents of files and folders. A missing path counts too. */
function digest(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const isFolder = existsSync(root + path) && statSync(root + path).isDirectory();
    if (isFolder) for (const name of readdirSync(root + path).sort()) add(`${path}/${name}`);
    else hash.update(JSON.stringify([path, existsSync(root + path) ? readFileSync(root + path, "base64") : null]));
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}

/** The JSON of a file; undefined if the file is missing or broken. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what the lock file asks for. npm lists there what it installed, when it is done. */
function hasPackages() {
  const wanted = readJson(`${root}package-lock.json`)?.packages ?? {};
  const there = readJson(`${root}node_modules/.package-lock.json`)?.packages;
  if (there === undefined) return false;
  const isMissing = ([path, { optional }]) => path !== "" && !optional && there[path] === undefined;
  if (Object.entries(wanted).some(isMissing)) return false;
  return Object.entries(there).every(([path, entry]) => isDeepStrictEqual(entry, wanted[path]));
}

const done = readJson(record) ?? {};
let isUpToDate = true;

/** Runs one step; ends this process with the command's exit code if it fails. The step is recorded once it is done. */
function run(name, what, command, args, account) {
  isUpToDate = false;
  console.log(`• ${what}`);
  const keep = () => {
    mkdirSync(`${root}build`, { recursive: true });
    writeFileSync(record, JSON.stringify(done, null, 2));
  };
  delete done[name];
  keep();
  const { error, status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
  done[name] = account();
  keep();
}

if (!hasPackages() || (done.packages ?? major) !== major) {
  const folder = lstatSync(`${root}node_modules`, { throwIfNoEntry: false });
  // npm would empty the linked folder, which belongs to another clone.
  if (folder?.isSymbolicLink()) rmSync(`${root}node_modules`);
  // Install scripts stay off: no package here needs its own to work.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  // The npm that runs this. In its scripts' PATH the packages come first, and as-pect brings npm 6.
  const cli = process.env.npm_execpath ?? "";
  const npm = cli.endsWith("npm-cli.js") ? [process.execPath, cli] : ["npm"];
  run("packages", "installing npm packages (once)", npm[0], [...npm.slice(1), ...args], () => major);
} else if (done.packages === undefined) {
  done.packages = major;
}

for (const { script, inputs, outputs, what } of builds) {
  // Digested before the build: a source that changes meanwhile must be built again.
  const from = `${process.version} ${digest([...inputs, "package-lock.json", "setup.mjs"])}`;
  if (isDeepStrictEqual(done[script], { from, to: digest(outputs) })) continue;
  run(script, what, process.execPath, [root + script], () => ({ from, to: digest(outputs) }));
}
if (isUpToDate) console.log("build/ is up to date");
