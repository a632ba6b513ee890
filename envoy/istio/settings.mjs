// Lightspan's own configuration, from the choices. Knows its keys; refuses to know how Istio carries them.
import { reportPaths } from "./collector.mjs";

/** The environment variable of the proxy that holds the access token. */
export const tokenVariable = "LIGHTSPAN_ACCESS_TOKEN";

/**
 * The configuration: what the choices say, over what the person gave.
 * @param {import("./choices.mjs").Choices} choices
 * @returns {Record<string, unknown>}
 */
export function settingsFor({ collector, protocol, transport, token, settings }) {
  const own = {
    cluster: collector.cluster,
    // Defaults are left out: the less there is to read, the better it is read.
    ...(protocol === "lightstep" ? {} : { protocol }),
    ...(transport === "http" ? {} : { transport }),
    ...(token === undefined ? {} : { access_token_env: tokenVariable }),
  };
  const chosen = { ...settings, collector: { ...record(settings.collector), ...own } };
  if (collector.namespace === undefined) return chosen;
  // A collector of the mesh has a sidecar too: were its reports traced there, each would be the cause of the next.
  const path = Object.entries(reportPaths).find(([key]) => key === `${protocol} ${transport}`)?.[1];
  const sampling = record(settings.sampling);
  const excluded = Array.isArray(sampling.exclude_paths) ? sampling.exclude_paths : [];
  return { ...chosen, sampling: { ...sampling, exclude_paths: [...excluded, path] } };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
