// `npm run bench`: measures what tracing costs an Envoy, with Lightspan and with Envoy's own tracers, side by side in
// one run. Knows the order of steps and the messages; docs/benchmark.md explains the method.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvoyNotFound, findEnvoy } from "../runner/find.ts";
import { EnvoyFailed } from "../runner/process.ts";
import { Progress } from "../demo/progress.ts";
import { Bench } from "./bench.ts";
import { makeModules, type Modules } from "./envoys/modules.ts";
import { buildPeer } from "./envoys/peer.ts";
import { lean, mainVariants, type Variant } from "./envoys/variant.ts";
import { buildCommitted, countChange } from "./instructions/change.ts";
import { countInstructions } from "./instructions/main.ts";
import { whyUnsupported } from "./measure/process.ts";
import { Problem, readOptions, USAGE, UsageError, type Options } from "./options.ts";
import { FULL, QUICK, type Plan } from "./plan.ts";
import { describeMachine } from "./report/machine.ts";
import { writeDocuments, writeInstructions } from "./report/documents.ts";
import { drawPicture } from "./report/picture.ts";
import { asText, type Table } from "./report/table.ts";
import { changeTable, furtherTables, instructionsTable, mainTables, provenance } from "./report/tables.ts";
import type { InstructionResults, Machine, Results } from "./results.ts";
import { measureGrowth } from "./sections/growth.ts";
import { measureMain } from "./sections/main.ts";
import { measureVariations } from "./sections/variations.ts";

const wasm = fileURLToPath(new URL("../build/lightspan.wasm", import.meta.url));
const build = fileURLToPath(new URL("../build", import.meta.url));
/** The main table's variants that are also measured under other loads. */
const VARIED = ["none", "none-b3", "empty", "unsampled", "lightspan", "opentelemetry-5"];

// Everything started here ends with this process (runner/cleanup.ts). A signal to npm alone never arrives here: only
// the change of parent shows it.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 500).unref();
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else if (options.micro) await (await import("./micro/main.ts")).runMicro();
  else await bench(options, new Progress(process.stderr));
} catch (error) {
  const known = error instanceof Problem || error instanceof EnvoyNotFound || error instanceof EnvoyFailed;
  console.error(error instanceof Error && !known ? error.stack : (error as Error).message);
  process.exit(error instanceof UsageError ? 2 : 1);
}

async function bench(options: Options, progress: Progress): Promise<void> {
  if (options.change) return inChange(options, progress);
  const prepared = await prepare(options, progress);
  if (options.instructions) await measureInstructions(prepared, options, progress);
  else await measureTime(prepared, options, progress);
}

async function measureTime(prepared: Prepared, options: Options, progress: Progress): Promise<void> {
  const results = await measure(prepared, options.quick ? QUICK : FULL, progress);
  show([...mainTables(results), ...furtherTables(results)], results, "bench.json");
  if (!options.writeDocs) return;
  await writeDocuments(results);
  const problem = await drawPicture(results);
  console.log(problem ?? "docs/ has the tables and the picture.");
}

async function measureInstructions(prepared: Prepared, options: Options, progress: Progress): Promise<void> {
  const { envoy, machine, modules, variants, notes } = prepared;
  const start = performance.now();
  const rows = await countInstructions(envoy, [...variants, lean(modules.lightspan)], progress);
  const results: InstructionResults = { form: "instructions", seconds: secondsSince(start), machine, rows, notes };
  show([instructionsTable(results)], results, "instructions.json");
  if (options.writeDocs) await writeInstructions(results);
}

async function inChange(options: Options, progress: Progress): Promise<void> {
  const against = checkedAgainst(options);
  const envoy = await findEnvoy((line) => progress.note(line));
  const before = against ?? (await progress.step("building the last commit's module", buildCommitted, () => "built"));
  console.log(`\n${asText(changeTable(await countChange(envoy, { before, after: wasm }, progress)))}`);
}

/** Prints a run's tables and writes all results to `file` in build/. */
function show(tables: Table[], results: Results | InstructionResults, file: string): void {
  for (const table of tables) console.log(`\n${asText(table)}`);
  console.log(`\n${provenance(results)}`);
  for (const note of results.notes) console.log(`Note: ${note}`);
  mkdirSync(build, { recursive: true });
  writeFileSync(join(build, file), `${JSON.stringify(results, null, 2)}\n`);
  console.log(`build/${file} has all of it.`);
}

function whyMissing(path: string | undefined): string | undefined {
  if (path === undefined || existsSync(path)) return undefined;
  return `${path} is not there${path === wasm ? "; npm run build makes it" : ""}`;
}

/** Everything a run needs before it measures. */
interface Prepared {
  /** Path of Envoy. */
  envoy: string;
  machine: Machine;
  modules: Modules;
  variants: Variant[];
  notes: string[];
}

/** The path of the other build, if one is named. Throws Problem if a module is missing or nothing can be measured here. */
function checkedAgainst(options: Options): string | undefined {
  const against = options.against === undefined ? undefined : resolve(options.against);
  const missing = whyUnsupported() ?? [wasm, against].map(whyMissing).find((reason) => reason !== undefined);
  if (missing !== undefined) throw new Problem(`bench: ${missing}`);
  return against;
}

async function prepare(options: Options, progress: Progress): Promise<Prepared> {
  const against = checkedAgainst(options);
  const envoy = await findEnvoy((line) => progress.note(line));
  const machine = await describeMachine(envoy, wasm);
  const modules = await makeModules(wasm);
  const peer = await progress.step(
    "building a filter in Rust",
    () => buildPeer(process.env),
    (built) => ("missing" in built ? "not here" : "built"),
  );
  const variants = mainVariants(modules, { against, rust: "path" in peer ? peer.path : undefined });
  return { envoy, machine, modules, variants, notes: "missing" in peer ? [peer.missing] : [] };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

async function measure(prepared: Prepared, plan: Plan, progress: Progress): Promise<Results> {
  const { envoy, machine, modules, variants, notes } = prepared;
  const start = performance.now();
  const bed = await Bench.open(envoy);
  try {
    const main = await measureMain(bed, variants, plan, progress, notes);
    const varied = variants.filter(({ name }) => VARIED.includes(name));
    const variations =
      plan.variations && (await measureVariations(bed, varied, plan, plan.variations, progress, notes));
    const growth = plan.growth && (await measureGrowth(bed, modules.lightspan, plan, plan.growth, progress, notes));
    return { form: plan.form, seconds: secondsSince(start), machine, main, variations, growth, notes };
  } finally {
    await bed.close();
  }
}
