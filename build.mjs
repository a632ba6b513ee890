// Compiles assembly/ to build/lightspan.wasm: asc, then wasm-opt, then a look at what came out. A module that imports what
// an older Envoy lacks, exports a callback that every request would pay for, or has grown too large, is not built.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";
import binaryen from "binaryen";

const root = fileURLToPath(new URL(".", import.meta.url));
const output = `${root}build/lightspan.wasm`;

/** Bytes; the bar of the measures. */
export const MAX_SIZE = 48 * 1024;

const IMPORTS = [
  "env.proxy_define_metric",
  "env.proxy_done",
  "env.proxy_get_buffer_bytes",
  "env.proxy_get_current_time_nanoseconds",
  "env.proxy_get_header_map_pairs",
  "env.proxy_get_header_map_value",
  "env.proxy_get_property",
  "env.proxy_http_call",
  "env.proxy_increment_metric",
  "env.proxy_log",
  "env.proxy_remove_header_map_value",
  "env.proxy_replace_header_map_value",
  "env.proxy_set_effective_context",
  "env.proxy_set_property",
  "env.proxy_set_tick_period_milliseconds",
  "wasi_snapshot_preview1.environ_get",
  "wasi_snapshot_preview1.environ_sizes_get",
  "wasi_snapshot_preview1.random_get",
];

const EXPORTS = [
  "_initialize",
  "malloc",
  "memory",
  "proxy_abi_version_0_2_1",
  "proxy_on_configure",
  "proxy_on_context_create",
  "proxy_on_done",
  "proxy_on_http_call_response",
  "proxy_on_log",
  "proxy_on_request_headers",
  "proxy_on_tick",
];

/** What is wrong with a module's imports, exports and size, a line each; empty if nothing is. */
export async function inspect(bytes) {
  const module = await WebAssembly.compile(bytes);
  const imports = WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`);
  const exports = WebAssembly.Module.exports(module).map((e) => e.name);
  const complaints = [];
  for (const name of imports) if (!IMPORTS.includes(name)) complaints.push(`imports ${name}, which is not allowed`);
  for (const name of exports) if (!EXPORTS.includes(name)) complaints.push(`exports ${name}, which nobody needs`);
  for (const name of EXPORTS) if (!exports.includes(name)) complaints.push(`does not export ${name}`);
  if (bytes.length > MAX_SIZE) complaints.push(`has ${bytes.length} bytes; at most ${MAX_SIZE} are allowed`);
  return complaints;
}

/**
 * `text("abc")` as `over(memory.data<u8>([97,98,99]), 3)`: bytes in place of a UTF-16 string that start-up code would have
 * to turn into bytes. RATIONALE.md has what it saves.
 */
function withBytes(source) {
  const importsText = /\btext\b(?=[^{}]*\} from "[^"]*slice")/;
  if (!importsText.test(source)) return source;
  const imported = source.replace(importsText, "text, over as literal");
  return imported.replace(/\btext\(\s*("(?:[^"\\]|\\.)*"),?\s*\)/g, (_, string) => {
    // AssemblyScript's escapes are JavaScript's; JSON has neither \0 nor \x.
    const value = string.replaceAll("\\0", "\\u0000").replace(/\\x([0-9a-f]{2})/g, "\\u00$1");
    const bytes = [...Buffer.from(JSON.parse(value))];
    return `literal(memory.data<u8>([${bytes}]), ${bytes.length})`;
  });
}

function readSource(name, baseDir) {
  try {
    const source = readFileSync(join(baseDir, name), "utf8");
    return name.startsWith("assembly/") ? withBytes(source) : source;
  } catch {
    // asc asks for many files that do not exist until it finds the one that does.
    return null;
  }
}

async function compile() {
  let wasm = new Uint8Array();
  const { error, stderr } = await asc.main(["--target", "release", "--config", "asconfig.json", "--baseDir", root], {
    readFile: readSource,
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) wasm = contents;
    },
  });
  if (error) throw new Error(`asc refused the sources:\n${stderr.toString()}`);
  const module = binaryen.readBinary(wasm);
  // What asc uses, and V8 has had since 2020.
  const { MVP, MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt } = binaryen.Features;
  module.setFeatures(MVP | MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(2);
  module.optimize();
  if (!module.validate()) throw new Error("wasm-opt made an invalid module");
  return module.emitBinary();
}

async function build() {
  const bytes = await compile();
  const complaints = await inspect(bytes);
  if (complaints.length > 0) throw new Error(complaints.map((line) => `lightspan.wasm ${line}`).join("\n"));
  mkdirSync(`${root}build`, { recursive: true });
  writeFileSync(output, bytes);
  copyFileSync(`${root}assembly/config/lightspan.schema.json`, `${root}build/lightspan.schema.json`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  console.log(`build/lightspan.wasm: ${(bytes.length / 1024).toFixed(1)} KiB, sha256 ${sha256}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  build().catch((failure) => {
    console.error(failure.message);
    process.exit(1);
  });
}
