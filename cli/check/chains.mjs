// Warns of HTTP filter chains in an Envoy configuration in which Lightspan may change the route by writing headers, or
// in which nothing writes its headers (docs/place.md). It knows filters by their type, and nothing else about a
// listener.
import { parseAllDocuments, visit } from "yaml";
import { fieldsOf, itemsOf } from "../parsed.mjs";

/**
 * @typedef {import("../parsed.mjs").Fields} Fields
 *
 * @typedef {object} Warning
 * @property {number} line First line of the chain in the text, counted from 1.
 * @property {string} text One line.
 */

/** Filters that may change request headers without clearing the route. */
const CHANGING = ["header_mutation", "lua", "ext_proc", "golang", "dynamic_modules", "header_to_metadata"];
/** Filters that do too, but request the route first. */
const ASKING_AND_CHANGING = ["ext_authz", "jwt_authn"];
/** Filters that request the route, which Envoy then caches. */
const ASKING = [...ASKING_AND_CHANGING, "rbac", "cors", "fault", "local_ratelimit", "ratelimit"];

/**
 * The warnings about all chains with Lightspan in `text`; none if it's neither YAML nor JSON.
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
        for (const warning of warningsOnChain(itemsOf(filters).map(fieldsOf)))
          warnings.push({ line, text: `${place}: ${warning}` });
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
function warningsOnChain(filters) {
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
  const warnings = [];
  const changers = before.filter((filter) => changesHeaders(filter) || ASKING_AND_CHANGING.includes(typeOf(filter)));
  if (changers.length > 0)
    warnings.push(`Lightspan has Envoy choose the route again, with headers that ${names(changers)} may have set`);
  else if (before.length > 0) warnings.push(`Lightspan is not the first HTTP filter: ${names(before)} comes first`);
  const asking = after.findIndex((filter) => ASKING.includes(typeOf(filter)));
  const late = after.slice(0, asking < 0 ? after.length : asking).filter(changesHeaders);
  if (late.length > 0)
    warnings.push(`${names(late)} after Lightspan may set headers before Envoy has chosen the route again`);
  return warnings.map((line) => `${line} (docs/place.md)`);
}

/**
 * The value of propagation.via in a filter; undefined if it isn't Lightspan or its configuration is elsewhere.
 * @param {Fields} filter
 */
function viaOf(filter) {
  const config = fieldsOf(fieldsOf(filter.typed_config).config);
  if (
    config.vm_config === undefined ||
    !/lightspan/i.test(JSON.stringify([filter.name, config.name, config.vm_config]))
  )
    return undefined;
  const { "@type": type, value } = fieldsOf(config.configuration);
  try {
    const text = /BytesValue$/.test(String(type)) ? Buffer.from(String(value), "base64").toString() : String(value);
    return String(fieldsOf(fieldsOf(JSON.parse(text)).propagation).via ?? "headers");
  } catch {
    // The module itself reports the mistake.
    return undefined;
  }
}

/** @param {Fields} filter */
function changesHeaders(filter) {
  const type = typeOf(filter);
  // Lua clears the route itself unless told not to.
  return CHANGING.includes(type) && (type !== "lua" || fieldsOf(filter.typed_config).clear_route_cache === false);
}

/** The short type such as `header_mutation`, from the type URL or the name. @param {Fields} filter */
function typeOf(filter) {
  const name = String(fieldsOf(filter.typed_config)["@type"] ?? filter.name);
  return /filters\.http\.(\w+)/.exec(name)?.[1] ?? name;
}

/** @param {Fields[]} filters */
function names(filters) {
  return filters.map(({ name }) => String(name)).join(", ");
}
