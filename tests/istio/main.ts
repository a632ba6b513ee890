// `npm run test:istio`: builds Istio's programs first, which takes minutes, then runs the tests, one file at a time.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findIstio, GoMissing } from "./tools.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

try {
  await findIstio((line) => console.log(line));
} catch (error) {
  if (!(error instanceof GoMissing)) throw error;
  console.log(`The tests against Istio are skipped: ${error.message}`);
  process.exit(0);
}
const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
const args = ["--import", "tsx", "--test", "--test-concurrency=1", ...tests.map((name) => folder + name)];
process.exit(spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1);
