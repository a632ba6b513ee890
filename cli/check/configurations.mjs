// Finds Lightspan's configurations in files that contain one: an Envoy configuration, an EnvoyFilter, a WasmPlugin, a
// TrafficExtension, or a list of any of them. It knows where each keeps a configuration and which bytes of it Envoy
// passes to the module, but not what they mean.
import { parseAllDocuments, visit } from "yaml";
import { fieldsOf, itemsOf } from "../parsed.mjs";
import { Refusal } from "../refusal.mjs";

/**
 * @typedef {import("../parsed.mjs").Fields} Fields
 *
 * @typedef {object} Found
 * @property {number} line First line in the text, counted from 1.
 * @property {Buffer} bytes What Envoy passes to the module.
 * @property {Record<string, string>} environment The VM's variables, as far as the file and `host` determine them.
 */

/**
 * All configurations of Lightspan in `text`, which is YAML or JSON; none if it's neither. A Wasm filter counts as
 * Lightspan if its names or the path of its code contain "lightspan".
 * @param {string} text
 * @param {Record<string, string | undefined>} host Envoy's own environment
 * @returns {Found[]}
 */
export function configurationsIn(text, host) {
  /** @type {Found[]} */
  const found = [];
  for (const document of parseAllDocuments(text)) {
    if (!("contents" in document) || document.errors.length > 0) return [];
    visit(document, {
      Map(_key, map) {
        const fields = map.toJS(document);
        const configuration = inEnvoy(fields, host) ?? inIstio(fields, host);
        if (configuration === undefined) return undefined;
        const line = text.slice(0, map.range?.[0] ?? 0).split("\n").length;
        found.push({ line, ...configuration });
        return visit.SKIP;
      },
    });
  }
  return found;
}

/**
 * Reads Envoy's PluginConfig.
 * @param {Fields} plugin
 * @param {Record<string, string | undefined>} host
 */
function inEnvoy(plugin, host) {
  const vm = fieldsOf(plugin.vm_config);
  if (plugin.vm_config === undefined || !isLightspan([plugin.name, plugin.root_id, vm.vm_id, vm.code]))
    return undefined;
  const { key_values: values, host_env_keys: keys } = fieldsOf(vm.environment_variables);
  const own = Object.entries(fieldsOf(values)).map(([name, value]) => [name, String(value)]);
  const passed = itemsOf(keys).map((key) => [key, host[String(key)]]);
  return { bytes: bytesOf(fieldsOf(plugin.configuration)), environment: defined([...own, ...passed]) };
}

/**
 * The value that Envoy extracts from an Any. Throws Refusal for types that can't contain a configuration.
 * @param {Fields} any
 */
function bytesOf({ "@type": type, value = "" }) {
  const name = String(type).split("/").at(-1);
  // Contrary to its documentation, Envoy (1.40) passes a Struct as a protobuf message, not as JSON.
  if (name !== "google.protobuf.StringValue" && name !== "google.protobuf.BytesValue")
    throw new Refusal("configuration", String(type), "google.protobuf.StringValue with JSON in it");
  return Buffer.from(String(value), name === "google.protobuf.BytesValue" ? "base64" : "utf8");
}

/**
 * Reads the spec of a WasmPlugin, or the same part of a TrafficExtension.
 * @param {Fields} spec
 * @param {Record<string, string | undefined>} host
 */
function inIstio(spec, host) {
  if (typeof spec.url !== "string" || !isLightspan([spec.pluginName, spec.url])) return undefined;
  const variables = itemsOf(fieldsOf(spec.vmConfig).env).map(fieldsOf);
  const environment = variables.map(({ name, value, valueFrom }) => [
    name,
    valueFrom === "HOST" ? host[String(name)] : String(value ?? ""),
  ]);
  // Istio passes a missing pluginConfig on as zero bytes.
  const config = spec.pluginConfig === undefined ? "" : JSON.stringify(spec.pluginConfig);
  return { bytes: Buffer.from(config), environment: defined(environment) };
}

/** @param {unknown[]} names */
function isLightspan(names) {
  return /lightspan/i.test(JSON.stringify(names));
}

/** @param {unknown[][]} entries */
function defined(entries) {
  /** @type {Record<string, string>} */
  const variables = {};
  for (const [name, value] of entries) if (value !== undefined) variables[String(name)] = String(value);
  return variables;
}
