// The HTTP filters of every Envoy here: Lightspan first, with the filters that write its headers if required, and the router last.
// Knows how a Wasm plugin is configured; refuses to know what Lightspan's own configuration means.
import type { Config } from "./bootstrap.ts";

export interface Lightspan {
  /** Path of lightspan.wasm. */
  wasm: string;
  /** Lightspan's configuration. A string is passed on unchanged, so that a test can break it. */
  config: Config | string;
  /** Environment variables of the VM. */
  environment?: Record<string, string>;
  /** Environment variables of Envoy that the VM may see. */
  hostEnvironment?: string[];
  /** The host functions and callbacks that the VM may use; all if left out. */
  allowed?: string[];
}

/** Lightspan as an HTTP filter; belongs first in the chain (docs/place.md). */
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

/** The headers that carry a trace context. */
const TRACE_HEADERS = [
  ...["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "b3"],
  ...["traceparent", "tracestate"],
];

function headerMutation(request_mutations: Config[]): Config {
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
    mutations: { request_mutations },
  };
}

/**
 * The two filters that belong right after a Lightspan with `propagation.via` of `filter_state`: the first removes all trace headers
 * if Lightspan says so, the second writes those that it has set as filter states. Neither does anything if Lightspan has failed.
 */
export function headerFilters(): Config[] {
  const writes = TRACE_HEADERS.map((key) => ({
    append: {
      header: { key, value: `%FILTER_STATE(wasm.lightspan.${key}:PLAIN)%` },
      append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
    },
  }));
  return [
    {
      name: "lightspan.remove",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config: {
          name: "envoy.filters.http.header_mutation",
          typed_config: headerMutation(TRACE_HEADERS.map((remove) => ({ remove }))),
        },
        xds_matcher: { matcher_list: { matchers: [{ predicate: { not_matcher: askedToRemove }, on_match: skip }] } },
      },
    },
    { name: "lightspan.write", typed_config: headerMutation(writes) },
  ];
}

const askedToRemove: Config = {
  single_predicate: {
    input: {
      name: "envoy.matching.inputs.filter_state",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
        key: "wasm.lightspan.remove",
      },
    },
    value_match: { exact: "1" },
  },
};

const skip: Config = {
  action: {
    name: "skip",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter" },
  },
};
