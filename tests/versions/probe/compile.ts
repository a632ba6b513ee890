// The probe as a file that Envoy can load, compiled anew by each run, and its place in a configuration.
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
  /** Everything that the host may call of it, and it of the host. */
  capabilities: string[];
}

/** Compiles the probe into a folder that goes with this process. */
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
  /** Names it in the log. Probes of one `vm` share a VM; `vm` is the name if not given. */
  name: string;
  vm?: string;
  /** What it does, as probe.ts explains it. */
  script: string[];
  /** FAIL_RELOAD if not given; fail_open is the older field, which does more than the policy of that name. */
  policy?: "FAIL_RELOAD" | "FAIL_OPEN" | "FAIL_CLOSED" | "fail_open";
  /** How long FAIL_RELOAD waits at most; 1 s, as Envoy has it, if not given. */
  backoff?: string;
  /** What it may call and what may be called of it; everything if not given. */
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
