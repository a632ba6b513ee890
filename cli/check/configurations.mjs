// Lightspan's configurations in the files that carry one: an Envoy configuration, an EnvoyFilter, a WasmPlugin, a
// TrafficExtension, or a list of any of them. Knows where each keeps it and what Envoy hands the module of it; refuses to
// know what a configuration means.
import { parseAllDocuments, visit } from "yaml";
import { Refusal } from "../istio/refusal.mjs";

/**
 * @typedef {Record<string, unknown>} Fields
 *
 * @typedef {object} Found
 * @property {number} line Where it stands in the text, from 1.
 * @property {Buffer} bytes What Envoy hands the module.
 * @property {Record<string, string>} environment What the VM sees, as far as the file and `host` tell.
 */

/**
 * Every configuration of Lightspan in `text`, YAML or JSON; none if it is neither or holds none. A Wasm filter is taken for
 * Lightspan's if its names or the path of its code have "lightspan" in them.
 * @param {string} text
 * @param {Record<string, string | undefined>} host the environment that Envoy itself would have
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
        const carried = inEnvoy(fields, host) ?? inIstio(fields, host);
        if (carried === undefined) return undefined;
        const line = text.slice(0, map.range?.[0] ?? 0).split("\n").length;
        found.push({ line, ...carried });
        return visit.SKIP;
      },
    });
  }
  return found;
}

/**
 * A PluginConfig of Envoy's.
 * @param {Fields} plugin
 * @param {Record<string, string | undefined>} host
 */
function inEnvoy(plugin, host) {
  const vm = record(plugin.vm_config);
  if (plugin.vm_config === undefined || !isLightspan([plugin.name, plugin.root_id, vm.vm_id, vm.code]))
    return undefined;
  const { key_values: values, host_env_keys: keys } = record(vm.environment_variables);
  const given = Object.entries(record(values)).map(([name, value]) => [name, String(value)]);
  const passed = list(keys).map((key) => [key, host[String(key)]]);
  return { bytes: bytesOf(record(plugin.configuration)), environment: defined([...given, ...passed]) };
}

/**
 * The value that Envoy takes out of an Any. Throws Refusal for one that no configuration can be in.
 * @param {Fields} any
 */
function bytesOf({ "@type": type, value = "" }) {
  const name = String(type).split("/").at(-1);
  // Its documents say that Envoy turns a Struct into JSON. It hands over the protobuf message (1.40).
  if (name !== "google.protobuf.StringValue" && name !== "google.protobuf.BytesValue")
    throw new Refusal("configuration", String(type), "google.protobuf.StringValue with JSON in it");
  return Buffer.from(String(value), name === "google.protobuf.BytesValue" ? "base64" : "utf8");
}

/**
 * The spec of a WasmPlugin, or the part of a TrafficExtension's that is one.
 * @param {Fields} spec
 * @param {Record<string, string | undefined>} host
 */
function inIstio(spec, host) {
  if (typeof spec.url !== "string" || !isLightspan([spec.pluginName, spec.url])) return undefined;
  const variables = list(record(spec.vmConfig).env).map(record);
  const environment = variables.map(({ name, value, valueFrom }) => [
    name,
    valueFrom === "HOST" ? host[String(name)] : String(value ?? ""),
  ]);
  // Istio hands on a pluginConfig that is not there as nothing at all.
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
