// `npm run test:browser`: runs the tests of the page in a real Chromium. Says in one line if there is none, and fails
// for that in CI only. --write also renews the pictures of the documents.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.ts";

const usage = "usage: npm run test:browser [-- --write]   (--write makes docs/pictures anew)";
const flags = process.argv.slice(2);
const chromium = findChromium(process.env);
if (flags.some((flag) => flag !== "--write")) {
  console.error(usage);
  process.exitCode = 2;
} else if (chromium === undefined) {
  console.log("test:browser is skipped, for want of Chromium: apt-get install chromium, or set CHROMIUM_BIN");
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  const tests = ["demo", "page"].map((name) => fileURLToPath(new URL(`${name}.test.ts`, import.meta.url)));
  const args = ["--import", "tsx", "--test", "--test-concurrency=1", ...tests];
  const env = { ...process.env, CHROMIUM_BIN: chromium, ...(flags.length > 0 && { WRITE_PICTURES: "1" }) };
  process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit", env }).status ?? 1;
}
