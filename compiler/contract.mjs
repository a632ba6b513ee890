// Checks a release build's imports, exports and size. Every Envoy provides these imports, and each further export would
// cost every request time.

/** Upper bound on the module's size, in bytes. */
export const MAX_SIZE = 64 * 1024;

const IMPORTS = [
  "env.proxy_call_foreign_function",
  "env.proxy_define_metric",
  "env.proxy_done",
  "env.proxy_get_buffer_bytes",
  "env.proxy_get_current_time_nanoseconds",
  "env.proxy_get_header_map_pairs",
  "env.proxy_get_header_map_value",
  "env.proxy_get_property",
  "env.proxy_get_shared_data",
  "env.proxy_http_call",
  "env.proxy_increment_metric",
  "env.proxy_log",
  "env.proxy_remove_header_map_value",
  "env.proxy_replace_header_map_value",
  "env.proxy_set_effective_context",
  "env.proxy_set_property",
  "env.proxy_set_shared_data",
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

/** The complaints about a module's imports, exports and size, one per line; none if all is well. */
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
