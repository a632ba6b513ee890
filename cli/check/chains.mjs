// Chains of HTTP filters in an Envoy configuration in which Lightspan's writing of headers may change the route, or in which
// nobody writes its headers (docs/place.md). Knows filters by their type; refuses to know what else is in a listener.
import { parseAllDocuments, visit } from "yaml";

/**
 * @typedef {Record<string, unknown>} Fields
 *
 * @typedef {object} Warning
 * @property {number} line Where the chain begins in the text, from 1.
 * @property {string} text One line.
 */

/** They may change request headers, and leave the route as it is. */
const CHANGING = ["header_mutation", "lua", "ext_proc", "golang", "dynamic_modules", "header_to_metadata"];
/** So may these, but they ask for the route first. */
const ASKING_AND_CHANGING = ["ext_authz", "jwt_authn"];
/** They ask Envoy for the route, which it keeps then. */
const ASKING = [...ASKING_AND_CHANGING, "rbac", "cors", "fault", "local_ratelimit", "ratelimit"];

/**
 * Warnings about every chain with Lightspan in `text`; none if that is neither YAML nor JSON.
 * @param {string} text
 * @returns {Warning[]}
 */
export function warningsOn(text) {
  /** @type {Warning[]} */
  const warnings = [];
  for (const document of parseAllDocuments(text)) {
    if (!("contents" in document) || document.errors.length > 0) return [];
    let listener = "";
    visit(document, {
      Map(_key, map) {
        if (map.has("filter_chains") || map.has("default_filter_chain")) listener = String(map.get("name") ?? "");
        if (!map.has("http_filters")) return undefined;
        const { http_filters: filters, stat_prefix: prefix } = map.toJS(document);
        const line = text.slice(0, map.range?.[0] ?? 0).split("\n").length;
        const place = listener === "" ? `connection manager ${prefix ?? "without a name"}` : `listener ${listener}`;
        for (const told of judge(list(filters).map(record))) warnings.push({ line, text: `${place}: ${told}` });
        return undefined;
      },
    });
  }
  return warnings;
}

/**
 * @param {Fields[]} filters
 * @returns {string[]}
 */
function judge(filters) {
  const at = filters.findIndex((filter) => viaOf(filter) !== undefined);
  const own = filters[at];
  if (own === undefined) return [];
  const before = filters.slice(0, at);
  const after = filters.slice(at + 1);
  if (viaOf(own) === "filter_state") {
    const text = JSON.stringify(after);
    if (!text.includes("FILTER_STATE(wasm.lightspan."))
      return ["propagation.via is filter_state, and no header_mutation after Lightspan writes the headers"];
    return text.includes('"wasm.lightspan.remove"')
      ? []
      : ["propagation.via is filter_state, and no filter after Lightspan removes headers that must go"];
  }
  const told = [];
  const changers = before.filter((filter) => changes(filter) || ASKING_AND_CHANGING.includes(typeOf(filter)));
  if (changers.length > 0)
    told.push(`Lightspan has Envoy choose the route again, with headers that ${names(changers)} may have set`);
  else if (before.length > 0) told.push(`Lightspan is not the first HTTP filter: ${names(before)} comes first`);
  const asking = after.findIndex((filter) => ASKING.includes(typeOf(filter)));
  const late = after.slice(0, asking < 0 ? after.length : asking).filter(changes);
  if (late.length > 0)
    told.push(`${names(late)} after Lightspan may set headers before Envoy has chosen the route again`);
  return told.map((line) => `${line} (docs/place.md)`);
}

/**
 * What a filter says of propagation.via; undefined if it is not Lightspan, or its configuration stands elsewhere.
 * @param {Fields} filter
 */
function viaOf(filter) {
  const config = record(record(filter.typed_config).config);
  if (
    config.vm_config === undefined ||
    !/lightspan/i.test(JSON.stringify([filter.name, config.name, config.vm_config]))
  )
    return undefined;
  const { "@type": type, value } = record(config.configuration);
  try {
    const text = /BytesValue$/.test(String(type)) ? Buffer.from(String(value), "base64").toString() : String(value);
    return String(record(record(JSON.parse(text)).propagation).via ?? "headers");
  } catch {
    // The module says what is wrong with it.
    return undefined;
  }
}

/** @param {Fields} filter */
function changes(filter) {
  const type = typeOf(filter);
  // Lua asks for the route again by itself, unless it is told not to.
  return CHANGING.includes(type) && (type !== "lua" || record(filter.typed_config).clear_route_cache === false);
}

/** `header_mutation` of its type's name, or of its own. @param {Fields} filter */
function typeOf(filter) {
  const name = String(record(filter.typed_config)["@type"] ?? filter.name);
  return /filters\.http\.(\w+)/.exec(name)?.[1] ?? name;
}

/** @param {Fields[]} filters */
function names(filters) {
  return filters.map(({ name }) => String(name)).join(", ");
}

/**
 * @param {unknown} value
 * @returns {Fields}
 */
function record(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** @param {unknown} value */
function list(value) {
  return Array.isArray(value) ? value : [];
}
