// Lightspan's own configuration, from the choices. Knows its keys; refuses to know how Istio carries them.
import { reportPaths } from "./collector.mjs";

/** The environment variable of the proxy that holds the access token. */
export const tokenVariable = "LIGHTSPAN_ACCESS_TOKEN";

/**
 * The configuration: what the choices say, over what the person gave.
 * @param {import("./choices.mjs").Choices} choices
 * @returns {Record<string, unknown>}
 */
export function settingsFor({ collector, protocol, transport, token, via, settings }) {
  const own = {
    cluster: collector.cluster,
    // Defaults are left out: the less there is to read, the better it is read.
    ...(protocol === "lightstep" ? {} : { protocol }),
    ...(transport === "http" ? {} : { transport }),
    ...(token === undefined ? {} : { access_token_env: tokenVariable }),
  };
  const given = record(settings.collector);
  const propagation = via === "headers" ? {} : { propagation: { ...record(settings.propagation), via } };
  const chosen = { ...settings, collector: { ...given, ...own }, ...propagation };
  if (collector.namespace === undefined) return chosen;
  // A collector of the mesh has a sidecar too: were its reports traced there, each would be the cause of the next.
  const path = given.path ?? Object.entries(reportPaths).find(([key]) => key === `${protocol} ${transport}`)?.[1];
  const { exclude_paths: excluded = [], ...sampling } = record(settings.sampling);
  // What is no list stays as it is, for the module to refuse.
  return {
    ...chosen,
    sampling: { ...sampling, exclude_paths: Array.isArray(excluded) ? [...excluded, path] : excluded },
  };
}

/**
 * The variables of the proxy's environment that a configuration reads. The VM sees those that it is allowed to see.
 * @param {Record<string, unknown>} settings
 */
export function variablesOf(settings) {
  const sources = Object.values(record(record(settings.tags).environment));
  const named = sources.map((source) => (typeof source === "string" ? source : record(source).source));
  const names = [record(settings.collector).access_token_env, ...named];
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
