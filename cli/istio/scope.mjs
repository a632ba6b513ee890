// The scope of the objects: the mesh, a namespace or a workload. Each proxy gets Lightspan from the narrowest EnvoyFilter
// that applies to it. This file knows the names and the order that make it so, but not how a manifest states them.

/** Istio's root namespace. Its objects apply to the whole mesh. */
export const rootNamespace = "istio-system";

/**
 * @typedef {object} Scope
 * @property {string} name Objects are named after it. Each workload has its own, so several fit into one namespace.
 * @property {string} filter The HTTP filter's name. It's unique, because istiod sends a proxy the extension
 * configurations of all EnvoyFilters by name, and Envoy rejects two with the same name.
 * @property {string[]} wider The HTTP filters of wider scopes, which this one replaces.
 * @property {number} priority Istio applies EnvoyFilters in ascending order: the widest first.
 */

/**
 * @param {string} namespace
 * @param {Record<string, string>} workload labels; empty = all pods
 * @returns {Scope}
 */
export function scopeOf(namespace, workload) {
  const labels = Object.entries(workload).sort().flat();
  const forAll = labels.length === 0;
  if (forAll && namespace === rootNamespace) return { name: "lightspan", filter: "lightspan", wider: [], priority: 10 };
  const ofNamespace = `lightspan.${namespace}`;
  if (forAll) return { name: "lightspan", filter: ofNamespace, wider: ["lightspan"], priority: 20 };
  // Labels may contain characters that names may not, and a value may be empty.
  const parts = ["lightspan", ...labels]
    .join("-")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const name = parts.filter((part) => part !== "").join("-");
  return { name, filter: `${name}.${namespace}`, wider: ["lightspan", ofNamespace], priority: 30 };
}
