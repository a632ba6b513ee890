import { readFileSync } from "node:fs";

// as-pect runs the specs of the rooms that need no host. A spec whose room imports host functions all the same gets a
// host that says "unimplemented" to everything: what a host really does is asked of a real Envoy, in tests/envoy.
const UNIMPLEMENTED = 12;
const answerUnimplemented = {
  get: (imports, name) => imports[name] ?? (() => UNIMPLEMENTED),
};

/** What tests/unit/assembly/fixture.ts imports: WebAssembly reads no files. `memory` gives the module's, once there is one. */
function fixtureFor(memory) {
  const text = readFileSync(new URL("tests/fixtures/propagation.txt", import.meta.url));
  return {
    size: () => text.length,
    copy: (at) => new Uint8Array(memory().buffer).set(text, at),
  };
}

export default {
  // Some of them alone, if tests/run.mjs says so.
  entries: process.env.SPECS ? process.env.SPECS.split(" ") : ["tests/unit/assembly/**/*.spec.ts"],
  include: ["tests/unit/assembly/**/*.include.ts"],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    const imports = createImports({ env: { memory } });
    const env = new Proxy(imports.env, answerUnimplemented);
    const fixture = fixtureFor(() => module.exports.memory);
    const wasi = new Proxy({}, answerUnimplemented);
    const module = await instantiate(binary, { ...imports, env, fixture, wasi_snapshot_preview1: wasi });
    return module;
  },
  outputBinary: false,
};
