// Wasm modules that do nothing, generated at run time: they show what Envoy charges for any filter.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "../../runner/cleanup.ts";
import { encodeModule, type Signature } from "./wasm.ts";

export interface Modules {
  /** A copy of Lightspan from the start of the run: a build during the run must not affect it. */
  lightspan: string;
  /** Exports what Lightspan exports; every callback returns at once. */
  empty: string;
  /** Exports so little that Envoy calls nothing during a request. */
  minimal: string;
}

/** Numbers of parameters and results, all i32, of a filter's possible exports (proxy-wasm ABI 0.2.1). */
const SIGNATURES: Record<string, Signature> = {
  _initialize: [0, 0],
  malloc: [1, 1],
  proxy_abi_version_0_2_1: [0, 0],
  proxy_on_configure: [2, 1],
  proxy_on_context_create: [2, 0],
  proxy_on_delete: [1, 0],
  proxy_on_done: [1, 1],
  proxy_on_foreign_function: [3, 0],
  proxy_on_grpc_close: [3, 0],
  proxy_on_grpc_receive: [3, 0],
  proxy_on_grpc_receive_initial_metadata: [3, 0],
  proxy_on_grpc_receive_trailing_metadata: [3, 0],
  proxy_on_http_call_response: [5, 0],
  proxy_on_log: [1, 0],
  proxy_on_queue_ready: [2, 0],
  proxy_on_request_body: [3, 1],
  proxy_on_request_headers: [3, 1],
  proxy_on_request_trailers: [2, 1],
  proxy_on_response_body: [3, 1],
  proxy_on_response_headers: [3, 1],
  proxy_on_response_trailers: [2, 1],
  proxy_on_tick: [1, 0],
  proxy_on_vm_start: [2, 1],
};

/** Callbacks in which 0 means "no": a refused configuration, a context that does not end. */
const RETURN_ONE = ["proxy_on_vm_start", "proxy_on_configure", "proxy_on_done"];
const MINIMAL_EXPORTS = ["malloc", "proxy_abi_version_0_2_1"];

/** Writes the modules into a folder that is removed with this process; `original` is the real module's path. */
export async function makeModules(original: string): Promise<Modules> {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-bench-"));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const lightspan = join(folder, "lightspan.wasm");
  copyFileSync(original, lightspan);
  const real = await WebAssembly.compile(readFileSync(lightspan));
  const exported = WebAssembly.Module.exports(real).filter(({ kind }) => kind === "function");
  const write = (name: string, functions: string[]): string => {
    const path = join(folder, `${name}.wasm`);
    writeFileSync(path, hollow(functions));
    return path;
  };
  return {
    lightspan,
    empty: write(
      "empty",
      exported.map(({ name }) => name),
    ),
    minimal: write("minimal", MINIMAL_EXPORTS),
  };
}

function hollow(names: string[]): Uint8Array {
  const functions = names.map((name) => {
    const signature = SIGNATURES[name];
    if (signature === undefined) throw new Error(`the empty module cannot have ${name}: its signature is unknown here`);
    return { name, signature, value: RETURN_ONE.includes(name) ? 1 : 0 };
  });
  return encodeModule(functions);
}
