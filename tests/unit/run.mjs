// `npm run test:unit`, and `npm run test:unit -- FILE…` for some of it: a spec in WebAssembly compiles alone in a second, where all of
// them take most of a minute. Knows which runner a file is for.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const files = process.argv.slice(2);
const specs = files.filter((file) => file.endsWith(".spec.ts"));
const tests = files.filter((file) => file.endsWith(".test.ts"));

for (const file of files) {
  if (existsSync(file) && (specs.includes(file) || tests.includes(file))) continue;
  const where = "tests/unit/assembly/**/*.spec.ts and tests/unit/**/*.test.ts are the ones there are";
  console.error(`npm run test:unit: there is no test ${file}; ${where}`);
  process.exit(2);
}

// as-pect takes no files from its command line; as-pect.config.js reads this variable.
if (specs.length > 0 || files.length === 0) run("asp", ["--summary", "--no-logo"], { SPECS: specs.join(" ") });
if (tests.length > 0) run("node", ["--import", "tsx", "--test", ...tests]);
if (files.length === 0)
  run("sh", ["-c", "node --import tsx --test tests/unit/*/*.test.ts tests/unit/*/*/*.test.ts"]);

/** Runs a command of this package; ends this process with its exit code if it fails. */
function run(
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {Record<string, string>} */ more = {},
) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...more } });
  if (error) console.error(`${command} could not be started: ${error.message}; npm ci installs it`);
  if (status !== 0) process.exit(status ?? 1);
}
