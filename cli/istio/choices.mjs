// The checked choices about Lightspan in Istio. It knows the flags and their allowed values, but not what a choice
// leads to.
import { parseArgs } from "node:util";
import { collectorOf } from "./collector.mjs";
import { moduleOf } from "./module.mjs";
import { rootNamespace, scopeOf } from "./scope.mjs";
import { Refusal } from "../refusal.mjs";

const kinds = /** @type {const} */ (["EnvoyFilter", "WasmPlugin", "TrafficExtension"]);
const protocols = /** @type {const} */ (["lightstep", "otlp", "zipkin"]);
const transports = /** @type {const} */ (["http", "grpc"]);
const vias = /** @type {const} */ (["headers", "filter_state"]);

/**
 * @typedef {object} Choices
 * @property {import("./collector.mjs").Collector} collector
 * @property {import("./collector.mjs").Protocol} protocol
 * @property {import("./collector.mjs").Transport} transport
 * @property {{ secret: string, key: string } | undefined} token
 * @property {string} namespace
 * @property {import("./module.mjs").Module} module
 * @property {typeof kinds[number]} kind
 * @property {typeof vias[number]} via Who writes trace headers: Lightspan itself, or Envoy's own filters after it.
 * @property {Record<string, string>} workload Labels of the pods that get Lightspan; empty = all pods.
 * @property {import("./scope.mjs").Scope} scope
 * @property {Record<string, unknown>} settings The rest of Lightspan's configuration.
 * @property {boolean} nativeTracing Whether Istio's own tracing stays on.
 * @property {string[]} sidecars Namespaces that get a Sidecar which makes the collector visible.
 * @property {string[]} configMaps Namespaces whose pods mount the module.
 * @property {string | undefined} out The folder to write to; undefined for standard output.
 */

/** The flags and their texts for --help. */
export const flags = /** @type {const} */ ({
  collector: { type: "string", value: "URL", help: "lightstep, or http(s)://HOST:PORT; required" },
  protocol: { type: "string", value: "NAME", help: "lightstep (default), otlp or zipkin" },
  transport: { type: "string", value: "NAME", help: "http (default) or grpc" },
  "token-secret": {
    type: "string",
    value: "NAME[/KEY]",
    help: "Secret with the access token; the key is token by default",
  },
  namespace: { type: "string", value: "NAME", help: "istio-system (default) for the whole mesh" },
  module: { type: "string", value: "URL", help: "configmap (default), file:///PATH, https://… or oci://…" },
  sha256: { type: "string", value: "HEX", help: "checksum of a fetched module; by default that of this one; or none" },
  kind: { type: "string", value: "KIND", help: "EnvoyFilter (default), WasmPlugin or TrafficExtension" },
  via: {
    type: "string",
    value: "NAME",
    help: "headers (default), or filter_state: Envoy writes them, and the route stays",
  },
  workload: {
    type: "string",
    value: "LABEL=VALUE",
    help: "only pods with this label; may be given again",
    multiple: true,
  },
  config: { type: "string", value: "JSON", help: 'more of the configuration, such as {"sampling":{"rate":0.1}}' },
  "keep-native-tracing": { type: "boolean", help: "leaves Istio's own tracing as it is" },
  sidecar: {
    type: "string",
    value: "NAME",
    help: "a Sidecar for this namespace that shows the collector; may be given again",
    multiple: true,
  },
  configmap: {
    type: "string",
    value: "NAME",
    help: "the module's ConfigMap for this namespace too; may be given again",
    multiple: true,
  },
  out: { type: "string", value: "FOLDER", help: "writes files for Kustomize and Helm there instead of printing" },
});

/**
 * Parses the choices in `args`. Throws Refusal for a wrong value and parseArgs' own error for a wrong flag.
 * @param {string[]} args
 * @param {() => Buffer} readModule the module built here
 * @returns {Choices}
 */
export function choicesOf(args, readModule) {
  const { values } = parseArgs({ args, options: flags });
  const protocol = oneOf("--protocol", values.protocol ?? "lightstep", protocols);
  const transport = oneOf("--transport", values.transport ?? "http", transports);
  if (protocol === "zipkin" && transport === "grpc") throw new Refusal("--transport", "grpc", "http with zipkin");
  if (values.collector === undefined)
    throw new Refusal(
      "--collector",
      undefined,
      "lightstep, or a URL such as http://otel-collector.observability.svc:4318",
    );
  if (values.collector === "lightstep" && values["token-secret"] === undefined)
    throw new Refusal("--token-secret", undefined, "the name of a Secret; Lightstep's endpoint wants a token");
  const collector = collectorOf(values.collector, protocol, transport);
  const kind = oneOf("--kind", values.kind ?? "EnvoyFilter", kinds);
  const via = oneOf("--via", values.via ?? "headers", vias);
  if (via !== "headers" && kind !== "EnvoyFilter")
    throw new Refusal("--via", via, `headers with ${kind}, which is one filter and can have none after it`);
  const namespace = nameOf("--namespace", values.namespace ?? rootNamespace);
  const nativeTracing = values["keep-native-tracing"] ?? false;
  const workload = labelsOf(values.workload ?? []);
  if (values.workload !== undefined && namespace === rootNamespace && !nativeTracing)
    throw new Refusal(
      "--workload",
      values.workload.join(" "),
      `with the workload's own --namespace, or with --keep-native-tracing: in ${rootNamespace} native tracing ends for all`,
    );
  if (kind !== "EnvoyFilter" && values.module === undefined)
    throw new Refusal(
      "--module",
      undefined,
      `https://… or oci://… with ${kind}: of a file, pods that lack it answer 500`,
    );
  const module = moduleOf(values.module ?? "configmap", values.sha256, readModule());
  const configMaps = (values.configmap ?? []).map((name) => nameOf("--configmap", name));
  if (module.from !== "configmap" && configMaps.length > 0)
    throw new Refusal("--configmap", configMaps.join(" "), "with --module configmap only");
  return {
    collector,
    protocol,
    transport,
    token: tokenOf(values["token-secret"]),
    namespace,
    module,
    kind,
    via,
    workload,
    scope: scopeOf(namespace, workload),
    settings: settingsOf(values.config ?? "{}"),
    nativeTracing,
    sidecars: [...new Set(values.sidecar)].map((name) => nameOf("--sidecar", name)),
    configMaps: module.from === "configmap" ? [...new Set([namespace, ...configMaps])] : [],
    out: values.out,
  };
}

/**
 * @template {string} T
 * @param {string} flag
 * @param {string} value
 * @param {readonly T[]} allowed
 * @returns {T}
 */
function oneOf(flag, value, allowed) {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Refusal(flag, value, allowed.join(", "));
  return found;
}

/** A Kubernetes name (RFC 1123 label). @type {(flag: string, value: string) => string} */
function nameOf(flag, value) {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new Refusal(flag, value, "small letters, digits and - inside, at most 63");
}

/** @param {string | undefined} text */
function tokenOf(text) {
  if (text === undefined) return undefined;
  const [secret = "", key = "token", ...rest] = text.split("/");
  if (rest.length > 0 || !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(secret) || !/^[-\w.]{1,253}$/.test(key))
    throw new Refusal("--token-secret", text, "NAME or NAME/KEY of a Secret");
  return { secret, key };
}

const labelPart = "[A-Za-z0-9](?:[\\w.-]{0,61}[A-Za-z0-9])?";
const label = new RegExp(`^((?:[a-z0-9.-]{1,253}/)?${labelPart})=((?:${labelPart})?)$`);

/** Kubernetes labels. A pod has one value for each. @param {string[]} texts */
function labelsOf(texts) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (const text of texts) {
    const [, key, value] = label.exec(text) ?? [];
    if (key === undefined || value === undefined) throw new Refusal("--workload", text, "LABEL=VALUE");
    if (Object.hasOwn(labels, key)) throw new Refusal("--workload", text, `one value of ${key}; pods have no more`);
    labels[key] = value;
  }
  return labels;
}

/** Keys with a flag of their own, which sets more than the key. */
const flagsOfKeys = {
  cluster: "--collector",
  protocol: "--protocol",
  transport: "--transport",
  access_token: "--token-secret; a manifest is no place for a token",
  access_token_env: "--token-secret",
};

/**
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
function settingsOf(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isObject = (/** @type {unknown} */ each) => typeof each === "object" && each !== null && !Array.isArray(each);
  if (!isObject(value) || !Object.values(value).every(isObject))
    throw new Refusal("--config", text, "a JSON object of Lightspan's configuration");
  for (const [key, flag] of Object.entries(flagsOfKeys))
    if (key in (value.collector ?? {})) throw new Refusal("--config", `collector.${key}`, flag);
  if ("via" in (value.propagation ?? {})) throw new Refusal("--config", "propagation.via", "--via");
  return value;
}
