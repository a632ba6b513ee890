#!/usr/bin/env node
// `lightspan`: runs the command named by the first argument. Each command is a file in this folder that exports a
// summary and run(). To add one, add its file and its name in the list below.
import { Refusal } from "./refusal.mjs";

const commands = ["check", "istio", "oci"];

const [name = "--help", ...args] = process.argv.slice(2);
if (commands.includes(name)) {
  const { run } = await import(`./${name}.mjs`);
  try {
    run(args);
  } catch (error) {
    if (!isMistake(error)) throw error;
    console.error(`lightspan ${name}: ${error.message}`);
    process.exitCode = 2;
  }
} else {
  const known = ["--help", "-h", "help"].includes(name);
  const lines = await Promise.all(commands.map(async (each) => (await import(`./${each}.mjs`)).summary));
  const list = commands.map((each, i) => `  lightspan ${each.padEnd(8)} ${lines[i]}`).join("\n");
  const usage = `usage: lightspan COMMAND [--help]\n\n${list}`;
  console.error(known ? usage : `lightspan: there is no command ${name}\n\n${usage}`);
  process.exitCode = known ? 0 : 2;
}

/**
 * True if the user mistyped something, so that a stack trace wouldn't help.
 * @param {unknown} error
 * @returns {error is Error}
 */
function isMistake(error) {
  return (
    error instanceof Refusal || (error instanceof TypeError && "code" in error && /PARSE_ARGS/.test(String(error.code)))
  );
}
