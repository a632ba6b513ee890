// Whether an Envoy can run Wasm with V8. Some builds of the supported versions cannot (a wheel of 1.38, say),
// and `--version` does not tell: only an attempt does.
import { run, type Environment } from "./command.ts";
import { httpListener } from "./config/listener.ts";

// The eight bytes of a module without anything in it. No Envoy takes it, but each says at what it stopped.
const emptyModule = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]).toString("base64");

/** False if `envoy` was built without V8. */
export async function hasV8(envoy: string, env: Environment): Promise<boolean> {
  const vm = { runtime: "envoy.wasm.runtime.v8", code: { local: { inline_bytes: emptyModule } } };
  const filter = {
    name: "attempt",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: { vm_config: vm },
    },
  };
  const listener = httpListener({
    name: "attempt",
    address: "127.0.0.1",
    port: 0,
    direction: "UNSPECIFIED",
    routeName: "none",
    virtualHosts: [],
    filters: [filter],
  });
  const config = JSON.stringify({ static_resources: { listeners: [listener] } });
  const { output } = await run(envoy, ["--mode", "validate", "--config-yaml", config], env);
  return !output.includes("compiled without support");
}
