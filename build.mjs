// Compiles assembly/ to build/lightspan.wasm with asc and wasm-opt, then inspects the result. The build fails if the module
// imports what an older Envoy lacks, exports a callback that every request would pay for, or has grown too large.
// With --names, the file also has the functions' names, for the stack trace of a trap; the code is the same.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import binaryen from "binaryen";
import { inspect } from "./compiler/contract.mjs";
import { gatherLiterals } from "./compiler/literals.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const output = `${root}build/lightspan.wasm`;
const CONTRACT = "compiler/contract.mjs has the lists and says why: leave it out of assembly/, or change the contract.";

function readSource(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // asc tries several paths for each import; most of them don't exist.
    return null;
  }
}

async function compile() {
  let wasm = new Uint8Array();
  const sources = gatherLiterals(root);
  const readFile = (name, baseDir) => sources.get(name) ?? readSource(join(baseDir, name));
  // --debug keeps the functions' names until the end: what is emitted decides about them.
  const options = ["--target", "release", "--debug", "--config", "asconfig.json", "--baseDir", root];
  const { error, stderr } = await asc.main(options, {
    readFile,
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) wasm = contents;
    },
  });
  if (error) throw new Error(`asc refused the sources:\n${stderr.toString()}`);
  const module = binaryen.readBinary(wasm);
  // The features that asc uses. V8 has had them since 2020.
  const { MVP, MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt } = binaryen.Features;
  module.setFeatures(MVP | MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(2);
  // First works out what each function can touch. Last gives the most-called functions the indices with the shortest encoding.
  module.runPasses(["generate-global-effects"]);
  module.optimize();
  module.runPasses(["reorder-functions"]);
  if (!module.validate()) throw new Error("wasm-opt made an invalid module");
  return module;
}

function emit(module, withNames) {
  binaryen.setDebugInfo(withNames);
  return module.emitBinary();
}

async function build() {
  const module = await compile();
  const complaints = await inspect(emit(module, false));
  if (complaints.length > 0)
    throw new Error([...complaints.map((line) => `lightspan.wasm ${line}`), CONTRACT].join("\n"));
  const bytes = emit(module, process.argv.includes("--names"));
  mkdirSync(`${root}build`, { recursive: true });
  writeFileSync(output, bytes);
  copyFileSync(`${root}assembly/config/lightspan.schema.json`, `${root}build/lightspan.schema.json`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  // The format that sha256sum writes and checks.
  writeFileSync(`${output}.sha256`, `${sha256}  lightspan.wasm\n`);
  console.log(`build/lightspan.wasm: ${(bytes.length / 1024).toFixed(1)} KiB, sha256 ${sha256}`);
}

build().catch((failure) => {
  console.error(failure.message);
  process.exit(1);
});
