// Gives a module the imports that Envoy would (proxy-wasm-cpp-host src/exports.cc). Each call is counted, can be
// scripted by a test, and fails wherever Envoy does not allow it. Imports that Lightspan does not use answer
// "unimplemented".
import { attributeImports } from "./imports/attributes.ts";
import { callImports } from "./imports/calls.ts";
import { foreignImports } from "./imports/foreign.ts";
import { headerImports } from "./imports/headers.ts";
import { metricImports } from "./imports/metrics.ts";
import { sharedImports } from "./imports/shared.ts";
import { systemImports } from "./imports/system.ts";
import { INTERNAL_FAILURE, NOT_CAPABLE, OK, UNIMPLEMENTED } from "./status.ts";
import type { Vm } from "./vm.ts";

export type HostFunction = (...args: number[]) => number;

const ALLOWED_IN_MALLOC = ["proxy_log"];
const ALLOWED_AT_START = ["proxy_log", "random_get", "environ_get", "environ_sizes_get"];

const unimplemented: HostFunction = () => UNIMPLEMENTED;
const denied: HostFunction = () => INTERNAL_FAILURE;
const notCapable: HostFunction = () => NOT_CAPABLE;

function guarded(vm: Vm, name: string, answer: HostFunction): HostFunction {
  const tally = vm.tallies.of(name);
  const { tallies, guest } = vm;
  const inMalloc = ALLOWED_IN_MALLOC.includes(name);
  const atStart = ALLOWED_AT_START.includes(name);
  return (...args) => {
    guest.refresh();
    if ((guest.isAllocating && !inMalloc) || (vm.isStarting && !atStart)) {
      throw new Error(`${name} is not allowed ${vm.isStarting ? "at the start" : "in malloc"}`);
    }
    const refused = tallies.meet(tally);
    return refused === OK ? answer(...args) : refused;
  };
}

/** The import object for `module`. Imports that Envoy lacks, such as env.abort, are missing here too. */
export function link(module: WebAssembly.Module, vm: Vm): WebAssembly.Imports {
  const known: Record<string, HostFunction> = {
    ...attributeImports(vm),
    ...callImports(vm),
    ...foreignImports(vm),
    ...headerImports(vm),
    ...metricImports(vm),
    ...sharedImports(vm),
    ...systemImports(vm),
  };
  const imports: Record<string, Record<string, HostFunction>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    const exists = space === "wasi_snapshot_preview1" || (space === "env" && name.startsWith("proxy_"));
    if (!exists) continue;
    const refusal = space === "env" ? denied : notCapable;
    const answer = vm.denied.has(name) ? refusal : (known[name] ?? unimplemented);
    (imports[space] ??= {})[name] = guarded(vm, name, answer);
  }
  return imports;
}
