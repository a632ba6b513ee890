// Lightspan's own configuration for a set of choices. It knows the keys, but not how Istio passes them on.
import { fieldsOf } from "../parsed.mjs";
import { reportPaths } from "./collector.mjs";

/** The proxy's environment variable with the access token. */
export const tokenVariable = "LIGHTSPAN_ACCESS_TOKEN";

/**
 * The configuration: the choices override the settings given with --config.
 * @param {import("./choices.mjs").Choices} choices
 * @returns {Record<string, unknown>}
 */
export function settingsFor({ collector, protocol, transport, token, via, settings }) {
  const own = {
    cluster: collector.cluster,
    // Defaults are left out to keep the manifest short.
    ...(protocol === "lightstep" ? {} : { protocol }),
    ...(transport === "http" ? {} : { transport }),
    ...(token === undefined ? {} : { access_token_env: tokenVariable }),
  };
  const given = fieldsOf(settings.collector);
  const propagation = via === "headers" ? {} : { propagation: { ...fieldsOf(settings.propagation), via } };
  const chosen = { ...settings, collector: { ...given, ...own }, ...propagation };
  if (collector.namespace === undefined) return chosen;
  // A collector in the mesh has a sidecar too. If it traced reports, each report would cause the next.
  const path = given.path ?? Object.entries(reportPaths).find(([key]) => key === `${protocol} ${transport}`)?.[1];
  const { exclude_paths: excluded = [], ...sampling } = fieldsOf(settings.sampling);
  // A value that isn't an array is left unchanged for the module to refuse.
  return {
    ...chosen,
    sampling: { ...sampling, exclude_paths: Array.isArray(excluded) ? [...excluded, path] : excluded },
  };
}

/**
 * The environment variables that a configuration reads. The VM sees only variables that it's given explicitly.
 * @param {Record<string, unknown>} settings
 */
export function variablesOf(settings) {
  const sources = Object.values(fieldsOf(fieldsOf(settings.tags).environment));
  const named = sources.map((source) => (typeof source === "string" ? source : fieldsOf(source).source));
  const names = [fieldsOf(settings.collector).access_token_env, ...named];
  return [...new Set(names.filter((name) => typeof name === "string"))];
}
