// as-pect runs the specs of the rooms that need no host. A spec whose room imports host functions all the same gets a
// host that says "unimplemented" to everything: what a host really does is asked of a real Envoy, in tests/envoy.
const UNIMPLEMENTED = 12;
const answerUnimplemented = {
  get: (imports, name) => imports[name] ?? (() => UNIMPLEMENTED),
};

export default {
  entries: ["tests/unit/assembly/**/*.spec.ts"],
  include: ["tests/unit/assembly/**/*.include.ts"],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    const imports = createImports({ env: { memory } });
    const env = new Proxy(imports.env, answerUnimplemented);
    return instantiate(binary, { ...imports, env, wasi_snapshot_preview1: new Proxy({}, answerUnimplemented) });
  },
  outputBinary: false,
};
