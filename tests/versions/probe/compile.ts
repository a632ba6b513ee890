// The probe as a file for Envoy, compiled in each run, and its entry in a configuration.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { atExit } from "../../../runner/cleanup.ts";
import type { Config } from "../../../runner/config/bootstrap.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const entry = "tests/versions/probe/assembly/probe.ts";
const options = [
  "--runtime",
  "stub",
  "--exportStart",
  "_initialize",
  "--use",
  "abort=tests/versions/probe/assembly/probe/abort",
];

export interface CompiledProbe {
  path: string;
  /** All of its exports and imports. */
  capabilities: string[];
}

/** Compiles the probe into a folder that is removed when this process ends. */
export async function compileProbe(): Promise<CompiledProbe> {
  let wasm: Uint8Array | undefined;
  const args = [entry, ...options, "--config", "none", "--outFile", "probe.wasm", "--baseDir", root];
  const { error, stderr } = await asc.main(args, {
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm") && typeof contents !== "string") wasm = contents;
    },
  });
  if (error !== null || wasm === undefined) throw new Error(`asc refused ${entry}:\n${stderr.toString()}`);
  const folder = mkdtempSync(join(tmpdir(), "lightspan-probe-"));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "probe.wasm");
  writeFileSync(path, wasm);
  const module = await WebAssembly.compile(new Uint8Array(wasm));
  const names = [...WebAssembly.Module.imports(module), ...WebAssembly.Module.exports(module)].map(({ name }) => name);
  return { path, capabilities: names };
}

export interface Probe {
  /** Its name in the log. Probes with the same `vm` share a VM; `vm` defaults to the name. */
  name: string;
  vm?: string;
  /** What it does; probe.ts explains the format. */
  script: string[];
  /** FAIL_RELOAD by default; fail_open is the older field, which does more than the policy of that name. */
  policy?: "FAIL_RELOAD" | "FAIL_OPEN" | "FAIL_CLOSED" | "fail_open";
  /** The longest wait of FAIL_RELOAD; 1 s by default, as in Envoy. */
  backoff?: string;
  /** The imports and exports that it is allowed; all by default. */
  allowed?: string[];
}

/** The plugin configuration of a probe. */
function probeConfig(wasm: string, probe: Probe): Config {
  const { name, vm, script, policy = "FAIL_RELOAD", backoff, allowed } = probe;
  const capabilities = Object.fromEntries((allowed ?? []).map((each) => [each, {}]));
  return {
    name,
    root_id: name,
    ...(policy === "fail_open" ? { fail_open: true } : { failure_policy: policy }),
    ...(backoff === undefined ? {} : { reload_config: { backoff: { base_interval: backoff } } }),
    ...(allowed === undefined ? {} : { capability_restriction_config: { allowed_capabilities: capabilities } }),
    vm_config: { vm_id: vm ?? name, runtime: "envoy.wasm.runtime.v8", code: { local: { filename: wasm } } },
    configuration: {
      "@type": "type.googleapis.com/google.protobuf.StringValue",
      value: [name, ...script].join("\n"),
    },
  };
}

/** The probe as an HTTP filter. */
export function probeFilter(wasm: string, probe: Probe): Config {
  const type = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
  return { name: "probe", typed_config: { "@type": type, config: probeConfig(wasm, probe) } };
}
