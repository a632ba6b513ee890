// The part of Envoy's proxy-wasm host that configuration needs: starts the module, asks whether it accepts a
// configuration and keeps its log. It knows the module's memory and the host calls during configuration (ABI 0.2.1),
// but no requests; those are in tests/host. Any other call returns "unimplemented", as in an Envoy that lacks it.

const OK = 0;
const NOT_FOUND = 1;
const UNIMPLEMENTED = 12;
const BAD_ARGUMENT = 2;
/** WasmBufferType, PluginConfiguration */
const PLUGIN_CONFIGURATION = 7;
const LEVELS = /** @type {const} */ (["trace", "debug", "info", "warn", "error", "critical"]);
const ROOT_CONTEXT = 1;

/**
 * @typedef {(...args: number[]) => number} HostCall
 *
 * @typedef {object} Verdict
 * @property {boolean} accepted
 * @property {{ level: typeof LEVELS[number], text: string }[]} lines The module's log, in order.
 */

/**
 * Asks `module` about `configuration`, the bytes that Envoy would pass. Throws WebAssembly.RuntimeError if it traps.
 * @param {Uint8Array<ArrayBuffer>} module
 * @param {Uint8Array} configuration
 * @param {Record<string, string>} environment variables of the VM
 * @returns {Verdict}
 */
export function tryConfiguration(module, configuration, environment) {
  /** @type {Verdict["lines"]} */
  const lines = [];
  const variables = Object.entries(environment).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  let metrics = 0;

  /** @type {Record<string, HostCall>} */
  const calls = {
    proxy_log(level = 0, at = 0, size = 0) {
      // The module tests at configuration which calls are allowed. For this one it uses an invalid level.
      if (level > 5) return BAD_ARGUMENT;
      lines.push({ level: LEVELS[level] ?? "critical", text: bytes(at, size).toString("utf8") });
      return OK;
    },
    proxy_get_buffer_bytes(type = 0, start = 0, length = 0, addressCell = 0, sizeCell = 0) {
      if (type !== PLUGIN_CONFIGURATION) return NOT_FOUND;
      passBytes(configuration.subarray(start, start + (length >>> 0)), addressCell, sizeCell);
      return OK;
    },
    // There is no node and no listener, because they are never a reason to refuse a configuration.
    proxy_get_property: () => NOT_FOUND,
    proxy_define_metric(_type, _name, _nameSize, idCell = 0) {
      setUint32(idCell, ++metrics);
      return OK;
    },
    proxy_increment_metric: () => OK,
    proxy_set_tick_period_milliseconds: () => OK,
    proxy_set_effective_context: () => OK,
    proxy_get_current_time_nanoseconds(cell = 0) {
      view().setBigUint64(cell >>> 0, BigInt(Date.now()) * 1_000_000n, true);
      return OK;
    },
    random_get(at = 0, size = 0) {
      crypto.getRandomValues(bytes(at, size));
      return OK;
    },
    environ_sizes_get(countCell = 0, sizeCell = 0) {
      setUint32(countCell, variables.length);
      setUint32(sizeCell, Buffer.concat(variables).length);
      return OK;
    },
    environ_get(list = 0, at = 0) {
      variables.forEach((variable, index) => {
        setUint32(list + 4 * index, at);
        bytes(at, variable.length).set(variable);
        at += variable.length;
      });
      return OK;
    },
  };

  const compiled = new WebAssembly.Module(module);
  const { exports } = new WebAssembly.Instance(compiled, importsOf(compiled, calls));
  const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  // Views become empty when memory grows, so each use creates its own.
  const view = () => new DataView(memory.buffer);
  /** @type {(at: number, size: number) => Buffer<ArrayBuffer>} */
  const bytes = (at, size) => Buffer.from(memory.buffer, at >>> 0, size >>> 0);
  /** @type {(cell: number, value: number) => void} */
  const setUint32 = (cell, value) => view().setUint32(cell >>> 0, value, true);
  /** @type {(value: Uint8Array, addressCell: number, sizeCell: number) => void} */
  const passBytes = (value, addressCell, sizeCell) => {
    if (value.length === 0) return;
    const at = call(exports.malloc, value.length);
    bytes(at, value.length).set(value);
    setUint32(addressCell, at);
    setUint32(sizeCell, value.length);
  };

  call(exports._initialize);
  call(exports.proxy_on_context_create, ROOT_CONTEXT, 0);
  const accepted = call(exports.proxy_on_configure, ROOT_CONTEXT, configuration.length) !== 0;
  return { accepted, lines };
}

/** @type {(callback: unknown, ...args: number[]) => number} */
function call(callback, ...args) {
  return typeof callback === "function" ? Number(callback(...args)) : 0;
}

/**
 * The host calls under the names that the module imports.
 * @param {WebAssembly.Module} module
 * @param {Record<string, HostCall>} calls
 */
function importsOf(module, calls) {
  /** @type {Record<string, Record<string, HostCall>>} */
  const imports = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module))
    (imports[space] ??= {})[name] = calls[name] ?? (() => UNIMPLEMENTED);
  return imports;
}
