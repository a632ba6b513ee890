// The two HTTP filters of every Envoy here: Lightspan and, always last, the router.
// Knows how a Wasm plugin is configured; refuses to know what Lightspan's own configuration means.
import type { Config } from "./bootstrap.ts";

export interface Lightspan {
  /** Path of lightspan.wasm. */
  wasm: string;
  /** Lightspan's configuration. A string is handed on as it is, so that a test can give something broken. */
  config: Config | string;
  /** Environment variables of the VM. */
  environment?: Record<string, string>;
  /** Variables of Envoy's own environment that the VM may see. */
  hostEnvironment?: string[];
  /** The host functions and callbacks that the VM may use; all if left out. */
  allowed?: string[];
}

/** Lightspan as an HTTP filter; belongs directly before the router. */
export function lightspanFilter({ wasm, config, environment, hostEnvironment, allowed }: Lightspan): Config {
  const variables = {
    ...(environment === undefined ? {} : { key_values: environment }),
    ...(hostEnvironment === undefined ? {} : { host_env_keys: hostEnvironment }),
  };
  const allowed_capabilities = Object.fromEntries((allowed ?? []).map((name) => [name, {}]));
  return {
    name: "lightspan",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name: "lightspan",
        root_id: "lightspan",
        fail_open: true,
        vm_config: {
          vm_id: "lightspan",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: wasm } },
          ...(Object.keys(variables).length === 0 ? {} : { environment_variables: variables }),
        },
        ...(allowed === undefined ? {} : { capability_restriction_config: { allowed_capabilities } }),
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: typeof config === "string" ? config : JSON.stringify(config),
        },
      },
    },
  };
}

/** The filter that forwards the request. */
export function routerFilter(): Config {
  return {
    name: "envoy.filters.http.router",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
  };
}
