// `lightspan check`: asks the module itself, outside Envoy, whether it accepts a configuration, and prints its log.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Refusal } from "./refusal.mjs";
import { warningsOn } from "./check/chains.mjs";
import { configurationsIn } from "./check/configurations.mjs";
import { tryConfiguration } from "./check/host.mjs";
import { readModule } from "./module.mjs";

export const summary = "says whether the module takes a configuration, in the words of Envoy's log";

const usage = `usage: lightspan check FILE

FILE is a configuration of Lightspan in JSON, or whatever carries one, in YAML or JSON: an Envoy configuration, an
EnvoyFilter, a WasmPlugin or a TrafficExtension. - is standard input.

Ends with 0 if the module takes all of it, with 1 if not. It also warns of chains of filters in which Lightspan may change a
request's route. Variables of the environment that the configuration names are
this command's own: LIGHTSPAN_ACCESS_TOKEN=any lightspan check FILE`;

/** @param {string[]} args */
export function run(args) {
  const { values, positionals } = parseArgs({ args, options: { help: { type: "boolean" } }, allowPositionals: true });
  if (values.help) return console.log(usage);
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new Refusal("FILE", rest[0], "one file, or - for standard input");
  const text = readText(file);
  const found = configurationsIn(text, process.env);
  if (found.length === 0 && /\.ya?ml$/.test(file))
    throw new Refusal("FILE", file, "YAML with a Wasm filter or plugin that has lightspan in its name");

  const module = Uint8Array.from(readModule());
  if (found.length === 0) {
    if (!report("", tryConfiguration(module, Buffer.from(text), environment()))) process.exitCode = 1;
    return;
  }
  for (const { line, text: warning } of warningsOn(text)) console.error(`${file}:${line}: warning: ${warning}`);
  for (const { line, bytes, environment } of found)
    if (!report(`${file}:${line}: `, tryConfiguration(module, bytes, environment))) process.exitCode = 1;
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Refusal("FILE", file, `a file that can be read (${error instanceof Error ? error.message : error})`);
  }
}

/** This process's own variables, because a bare configuration doesn't say which of them its VM will see. */
function environment() {
  /** @type {Record<string, string>} */
  const variables = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) variables[name] = value;
  return variables;
}

/**
 * Prints the module's log and its verdict.
 * @type {(place: string, verdict: import("./check/host.mjs").Verdict) => boolean}
 */
function report(place, { accepted, lines }) {
  for (const { text } of lines) console.error(place + text);
  if (accepted) console.log(`${place}configuration taken`);
  return accepted;
}
