// `npm run bench`: what tracing costs an Envoy, with Lightspan and with Envoy's own tracers, side by side in one run.
// Knows the order and the words; docs/benchmark.md is about the method.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvoyNotFound, findEnvoy } from "../../envoy/find.ts";
import { EnvoyFailed } from "../../envoy/process.ts";
import { Progress } from "../../envoy/progress.ts";
import { Bench } from "./bench.ts";
import { makeModules } from "./envoys/modules.ts";
import { buildPeer } from "./envoys/peer.ts";
import { mainVariants } from "./envoys/variant.ts";
import { whyNotHere } from "./measure/process.ts";
import { Problem, readOptions, USAGE, UsageError, type Options } from "./options.ts";
import { FULL, QUICK } from "./plan.ts";
import { describeMachine } from "./report/machine.ts";
import { writeDocuments } from "./report/documents.ts";
import { drawPicture } from "./report/picture.ts";
import { asText } from "./report/table.ts";
import { furtherTables, mainTables, provenance } from "./report/tables.ts";
import type { Results } from "./results.ts";
import { measureGrowth } from "./sections/growth.ts";
import { measureMain } from "./sections/main.ts";
import { measureVariations } from "./sections/variations.ts";

const wasm = fileURLToPath(new URL("../../build/lightspan.wasm", import.meta.url));
const json = fileURLToPath(new URL("../../build/bench.json", import.meta.url));
/** Of the variants of the main table, those that are tried under other loads. */
const VARIED = ["none", "none-b3", "empty", "unsampled", "lightspan", "opentelemetry-5"];

// Everything that was started goes down with this process (envoy/cleanup.ts). A signal to npm alone never gets here; a
// new parent is all there is to see of it.
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
  const against = options.against === undefined ? undefined : resolve(options.against);
  const missing = whyNotHere() ?? [wasm, against].map(whyNotThere).find((reason) => reason !== undefined);
  if (missing !== undefined) throw new Problem(`bench: ${missing}`);
  const envoy = await findEnvoy((line) => progress.note(line));
  const results = await measure(options, envoy, progress);

  for (const table of [...mainTables(results), ...furtherTables(results)]) console.log(`\n${asText(table)}`);
  console.log(`\n${provenance(results)}`);
  for (const note of results.notes) console.log(`Note: ${note}`);
  mkdirSync(fileURLToPath(new URL("../../build", import.meta.url)), { recursive: true });
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  console.log("build/bench.json has all of it.");
  if (!options.writeDocs) return;
  await writeDocuments(results);
  const problem = await drawPicture(results);
  console.log(problem ?? "docs/ has the tables and the picture.");
}

function whyNotThere(path: string | undefined): string | undefined {
  if (path === undefined || existsSync(path)) return undefined;
  return `${path} is not there${path === wasm ? "; npm run build makes it" : ""}`;
}

async function measure(options: Options, envoy: string, progress: Progress): Promise<Results> {
  const start = performance.now();
  const plan = options.quick ? QUICK : FULL;
  const machine = await describeMachine(envoy, wasm);
  const modules = await makeModules(wasm);
  const peer = await progress.step(
    "building a filter in Rust",
    () => buildPeer(process.env),
    (built) => ("missing" in built ? "not here" : "built"),
  );
  const notes = "missing" in peer ? [peer.missing] : [];
  const variants = mainVariants(modules, {
    against: options.against && resolve(options.against),
    rust: "path" in peer ? peer.path : undefined,
  });
  const ground = await Bench.open(envoy);
  try {
    const main = await measureMain(ground, variants, plan, progress, notes);
    const varied = variants.filter(({ name }) => VARIED.includes(name));
    const variations =
      plan.variations && (await measureVariations(ground, varied, plan, plan.variations, progress, notes));
    const growth = plan.growth && (await measureGrowth(ground, modules.lightspan, plan, plan.growth, progress, notes));
    const seconds = (performance.now() - start) / 1000;
    return { form: plan.form, seconds, machine, main, variations, growth, notes };
  } finally {
    await ground.close();
  }
}
