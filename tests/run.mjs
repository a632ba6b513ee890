// `npm test`, `npm run test:unit` and `npm run test:envoy`, and `npm run test:unit -- FILE…` for some of the files. Knows which
// runner a file needs and which files may share a process, and keeps every core busy.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const aspect = join(root, "node_modules/@as-pect/cli/lib/test.js");
const isRoom = (/** @type {string} */ name) => ["unit", "envoy"].includes(name);
const rooms = process.argv.slice(2).filter(isRoom);
const named = process.argv.slice(2).filter((name) => !isRoom(name));
/** Ends a test that hangs; no test waits that long for anything. Milliseconds. */
const HANGS_MS = 900_000;
/** The tests that take longest start first. At the end, each would keep one core busy and the others idle. */
const LONGEST = [
  "tests/envoy/faults/faults.test.ts",
  "tests/envoy/propagation/fuzz.test.ts",
  "tests/unit/module/vm/heap.test.ts",
  "tests/envoy/places/places.test.ts",
  "tests/envoy/configuration/check.test.ts",
  "tests/unit/module/vm/walk.test.ts",
  "tests/unit/satellite/main.test.ts",
  "tests/unit/setup/setup.test.ts",
  "tests/envoy/delivery/soak.test.ts",
  "tests/envoy/spans/unlogged.test.ts",
];
for (const file of LONGEST) if (!existsSync(join(root, file))) throw new Error(`${file} is gone: LONGEST names it`);

if (rooms.length === 0 && named.length === 0) {
  console.error(
    "usage: node tests/run.mjs [unit] [envoy] [FILE…]; without a FILE it runs all tests of the folders that it names",
  );
  process.exit(2);
}
for (const file of named) {
  if (existsSync(file) && /\.(spec|test)\.ts$/.test(file)) continue;
  const where = "tests/unit/assembly/**/*.spec.ts and tests/**/*.test.ts are the ones there are";
  console.error(`npm run test:unit: there is no test ${file}; ${where}`);
  process.exit(2);
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  // They end, and so does this process, which then removes what it has compiled.
  process.on(signal, () => running.forEach((child) => child.kill(signal)));
}

const files = named.length > 0 ? named : rooms.flatMap(filesIn);
const specs = files.filter((file) => file.endsWith(".spec.ts"));
const tests = files.filter((file) => file.endsWith(".test.ts")).map((file) => relative(root, resolve(file)));
const cores = availableParallelism();

const shares = Array.from({ length: cores }, (_, core) => specs.filter((_, index) => index % cores === core)).filter(
  (share) => share.length > 0,
);
const codes = await Promise.all(printed(shares.map((share) => runSpecs(together(share)))));
if (codes.some((code) => code !== 0)) {
  // What fails in an entry of several specs doesn't tell its file: each of them runs by itself, under its name.
  await Promise.all(printed(shares.filter((share, core) => share.length > 1 && codes[core] !== 0).map(runSpecs)));
  process.exit(1);
}
if (tests.length > 0) {
  const compiled = await compile(grouped(tests));
  process.on("exit", () => rmSync(compiled.folder, { recursive: true }));
  process.exit(await runTests(compiled.files));
}

/**
 * The entries of as-pect for some specs. It compiles each entry by itself, and most of that time goes to what all specs
 * import, so one entry imports as many of them as may share a module.
 */
function together(/** @type {string[]} */ specs) {
  const shared = specs.filter((spec) => !hasHooks(spec));
  if (shared.length < 2) return specs;
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build/specs-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  const imports = shared.map((spec) => `import "${relative(folder, resolve(spec)).replace(/\.ts$/, "")}";`);
  writeFileSync(join(folder, "all.ts"), imports.join("\n"));
  return [`${relative(root, folder)}/all.ts`, ...specs.filter(hasHooks)];
}

/**
 * The tests by the process that they run in: the unit tests of a folder share one, since Node takes longer to start than
 * most of them to run. The longest come first.
 */
function grouped(/** @type {string[]} */ tests) {
  /** @type {Record<string, string[]>} */
  const groups = Object.fromEntries(LONGEST.filter((test) => tests.includes(test)).map((test) => [test, [test]]));
  for (const test of new Set(tests)) {
    if (LONGEST.includes(test)) continue;
    const name = test.startsWith("tests/unit/") && !hasHooks(join(root, test)) ? dirname(test) : test;
    groups[name] = [...(groups[name] ?? []), test];
  }
  return groups;
}

/** Whether a file has hooks for all its tests. They would also run for other files in its process. */
function hasHooks(/** @type {string} */ file) {
  return /^(before|after)(Each|All)?\(/m.test(readFileSync(file, "utf8"));
}

/** All specs and tests of a room. */
function filesIn(/** @type {string} */ room) {
  return readdirSync(join(root, "tests", room), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(spec|test)\.ts$/.test(file))
    .map((file) => `tests/${room}/${file}`)
    .sort();
}

/** Starts as-pect, which takes no files from its command line; as-pect.config.js reads the variable. */
function runSpecs(/** @type {string[]} */ entries) {
  const args = ["--enable-source-maps", aspect, "--summary", "--no-logo"];
  const env = { FORCE_COLOR: "2", ...process.env, SPECS: entries.join(" ") };
  return started(args, { env, stdio: ["ignore", "pipe", "inherit"] });
}

/** Starts Node's test runner, and returns its exit code. */
function runTests(/** @type {string[]} */ compiled) {
  // Tests in Envoy mostly wait: two more files at a time than there are cores fill their pauses.
  const atOnce = rooms.includes("envoy") ? cores + 2 : cores;
  const options = ["--enable-source-maps", "--test", `--test-concurrency=${atOnce}`, `--test-timeout=${HANGS_MS}`];
  return ended(started([...options, ...compiled], { stdio: "inherit" }));
}

/** Starts Node in the root of the clone. */
function started(/** @type {string[]} */ args, /** @type {import("node:child_process").SpawnOptions} */ options) {
  const child = spawn(process.execPath, args, { cwd: root, ...options });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

/** Prints the output of processes that run at once, one after the other. Returns their exit codes. */
function printed(/** @type {import("node:child_process").ChildProcess[]} */ children) {
  let previous = Promise.resolve(0);
  return children.map((child) => {
    const own = collected(child);
    const code = previous.then(() => own.show());
    previous = code;
    return code;
  });
}

/** Keeps what a process prints until `show` is called, which prints it and what follows, and waits for the end. */
function collected(/** @type {import("node:child_process").ChildProcess} */ child) {
  let kept = "";
  let print = (/** @type {string} */ text) => void (kept += text);
  child.stdout?.setEncoding("utf8").on("data", (text) => print(text));
  const code = ended(child);
  const show = () => {
    process.stdout.write(kept);
    print = (text) => void process.stdout.write(text);
    return code;
  };
  return { show };
}

/** The exit code of a process, once all of its output has been read. */
function ended(/** @type {import("node:child_process").ChildProcess} */ child) {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${child.spawnfile} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}
