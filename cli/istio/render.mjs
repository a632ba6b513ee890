// Renders the manifests for a set of choices. Each starts from a file in manifests/, including its comments, and gets
// the choices filled in. It knows where each choice belongs, but no flags.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMap, isSeq, parseDocument, Scalar, stringify } from "yaml";
import { externalPort } from "./collector.mjs";
import { settingsFor, tokenVariable, variablesOf } from "./settings.mjs";

/**
 * @typedef {import("./choices.mjs").Choices} Choices
 * @typedef {import("yaml").Document} Document
 */

/**
 * All objects for the cluster, in the best order to apply them: the collector first.
 * @param {Choices} choices
 * @returns {Document[]}
 */
export function objectsFor(choices) {
  const { collector, kind, nativeTracing, sidecars, configMaps } = choices;
  const documents = [];
  if (collector.namespace === undefined) documents.push(serviceEntry(choices));
  if (collector.tls) documents.push(destinationRule(choices));
  documents.push(...sidecars.map((namespace) => sidecarFor(choices, namespace)));
  if (!nativeTracing) documents.push(telemetry(choices));
  documents.push(...configMaps.map((namespace) => configMap(choices, namespace)));
  const filter = { EnvoyFilter: envoyFilter, WasmPlugin: wasmPlugin, TrafficExtension: trafficExtension };
  documents.push(filter[kind](choices));
  return documents;
}

/**
 * The patch for a Deployment, if the choices require a change in pods.
 * @param {Choices} choices
 * @returns {Document | undefined}
 */
export function podPatchFor({ token, module, kind }) {
  if (token === undefined && module.from !== "configmap") return undefined;
  const patch = template("pod-patch");
  const pod = ["spec", "template", "spec"];
  const proxy = [...pod, "containers", 0];
  if (kind !== "EnvoyFilter") {
    // With these kinds, requests get 500 if the token or the module is missing. It's better if the pod waits for both.
    patch.deleteIn([...proxy, "env", 0, "valueFrom", "secretKeyRef", "optional"]);
    patch.deleteIn([...pod, "volumes", 0, "configMap", "optional"]);
  }
  if (token === undefined) patch.deleteIn([...proxy, "env"]);
  else {
    patch.setIn([...proxy, "env", 0, "name"], tokenVariable);
    patch.setIn([...proxy, "env", 0, "valueFrom", "secretKeyRef", "name"], token.secret);
    patch.setIn([...proxy, "env", 0, "valueFrom", "secretKeyRef", "key"], token.key);
  }
  if (module.from !== "configmap") {
    patch.deleteIn([...proxy, "volumeMounts"]);
    patch.deleteIn([...pod, "volumes"]);
  }
  return patch;
}

/**
 * The same patch as values of the istiod chart, for every pod in the mesh.
 * @param {Choices} choices
 * @returns {Document | undefined}
 */
export function istiodValuesFor(choices) {
  const patch = podPatchFor(choices);
  if (patch === undefined) return undefined;
  // Only a container in a pod's own spec must name an image.
  patch.deleteIn(["spec", "template", "spec", "containers", 0, "image"]);
  const { containers, ...rest } = patch.toJS().spec.template.spec;
  const values = template("istiod-values");
  const templates = ["sidecarInjectorWebhook", "templates"];
  // The test of Istio's own template: a native sidecar is an init container. A gateway's proxy never is.
  const native =
    'ne (index .ObjectMeta.Annotations "sidecar.istio.io/nativeSidecar" | default (printf "%t" .NativeSidecars)) "false"';
  const pod = stringify({ spec: { containers, ...rest } });
  const place = `{{ if ${native} }}initContainers{{ else }}containers{{ end }}:`;
  values.setIn([...templates, "lightspan"], block(pod.replace("containers:", place)));
  values.setIn([...templates, "lightspan-gateway"], block(pod));
  return values;
}

/** The file that Kustomize reads first. @returns {Document} */
export function kustomization() {
  return template("kustomization");
}

/** @param {Choices} choices */
function serviceEntry(choices) {
  const { collector, transport } = choices;
  const document = inScope("serviceentry", choices);
  document.setIn(["spec", "hosts", 0], collector.host);
  const protocol = transport === "grpc" ? "GRPC" : "HTTP";
  const port = { number: externalPort, targetPort: collector.port, name: protocol.toLowerCase(), protocol };
  document.setIn(["spec", "ports", 0], document.createNode(port));
  return document;
}

/** @param {Choices} choices */
function destinationRule(choices) {
  const { host } = choices.collector;
  const document = inScope("destinationrule", choices);
  document.setIn(["spec", "host"], host);
  document.setIn(["spec", "trafficPolicy", "tls", "sni"], host);
  document.setIn(["spec", "trafficPolicy", "tls", "subjectAltNames", 0], host);
  return document;
}

/**
 * @param {Choices} choices
 * @param {string} namespace
 */
function sidecarFor({ collector, namespace: ours }, namespace) {
  const document = template("sidecar");
  document.setIn(["metadata", "namespace"], namespace);
  document.setIn(["spec", "egress", 0, "hosts", 1], `${collector.namespace ?? ours}/${collector.host}`);
  return document;
}

/** @param {Choices} choices */
function telemetry(choices) {
  const document = inScope("telemetry", choices);
  select(document, choices);
  return document;
}

/**
 * @param {Choices} choices
 * @param {string} namespace
 */
function configMap({ module }, namespace) {
  const document = inNamespace("configmap", namespace);
  document.setIn(["binaryData", "lightspan.wasm"], module.bytes.toString("base64"));
  return document;
}

/** @param {Choices} choices */
function envoyFilter(choices) {
  const { module, workload, collector, scope } = choices;
  const document = inScope("envoyfilter", choices);
  document.setIn(["spec", "priority"], scope.priority);
  const value = (/** @type {number} */ patch) => ["spec", "configPatches", patch, "patch", "value"];
  // Istio's extension configuration has the name of the filter that it's for.
  for (const patch of [0, 1]) document.setIn([...value(patch), "name"], scope.filter);
  const annotation = ["metadata", "annotations", "envoyfilter.istio.io/referenced-services"];
  document.setIn(annotation, `${collector.namespace ?? choices.namespace}/${collector.host}`);
  const config = [...value(1), "typed_config", "config"];
  const settings = settingsFor(choices);
  document.setIn([...config, "configuration", "value"], block(`${JSON.stringify(settings, null, 2)}\n`));
  if (module.from === "remote") {
    // Istio's agent fetches the module. Envoy never sees the cluster, but its API requires one.
    const remote = {
      http_uri: { uri: module.url, timeout: "30s", cluster: "_" },
      // Envoy's API requires a checksum. This is Istio's word for none.
      sha256: module.sha256 ?? "nil",
    };
    document.setIn([...config, "vm_config", "code"], document.createNode({ remote }));
  } else {
    // The path isn't decoded, as Istio doesn't decode it in the other kinds.
    document.setIn([...config, "vm_config", "code", "local", "filename"], module.url.slice("file://".length));
  }
  const variables = variablesOf(settings);
  if (variables.length > 0) {
    const keys = document.createNode({ host_env_keys: variables });
    document.setIn([...config, "vm_config", "environment_variables"], keys);
  }
  if (Object.keys(workload).length > 0) {
    document.setIn(["spec", "workloadSelector"], document.createNode({ labels: workload }));
  }
  // This comes last, because it shifts the indices used above.
  const patches = document.getIn(["spec", "configPatches"]);
  if (!isSeq(patches)) return document;
  const headerFilters = itemsOf(template("headerfilters"));
  if (choices.via === "filter_state") patches.items.unshift(...headerFilters);
  if (scope.wider.length > 0) {
    const names = headerFilters.map((patch) => String(patch.getIn(["patch", "value", "name"])));
    patches.items.unshift(...[...scope.wider, ...names].flatMap(removal));
  }
  return document;
}

/** The patch that removes the HTTP filter `name`. @param {string} name */
function removal(name) {
  const document = template("removal");
  document.setIn([0, "match", "listener", "filterChain", "filter", "subFilter", "name"], name);
  return itemsOf(document);
}

/** The items of a list. @param {Document} document */
function itemsOf({ contents }) {
  return isSeq(contents) ? contents.items.filter(isMap) : [];
}

/** @param {Choices} choices */
function wasmPlugin(choices) {
  return plugin(inScope("wasmplugin", choices), ["spec"], choices);
}

/** @param {Choices} choices */
function trafficExtension(choices) {
  return plugin(inScope("trafficextension", choices), ["spec", "wasm"], choices);
}

/**
 * @param {Document} document
 * @param {string[]} wasm the path to the fields about the module
 * @param {Choices} choices
 */
function plugin(document, wasm, choices) {
  const { module } = choices;
  const settings = settingsFor(choices);
  document.setIn([...wasm, "url"], module.url);
  if (module.sha256 !== undefined) document.setIn([...wasm, "sha256"], module.sha256);
  document.setIn([...wasm, "pluginConfig"], document.createNode(settings));
  const env = variablesOf(settings).map((name) => ({ name, valueFrom: "HOST" }));
  if (env.length > 0) document.setIn([...wasm, "vmConfig"], document.createNode({ env }));
  select(document, choices);
  return document;
}

/**
 * Restricts an object to the chosen workload, if there is one.
 * @param {Document} document
 * @param {Choices} choices
 */
function select(document, { workload }) {
  if (Object.keys(workload).length === 0) return;
  document.setIn(["spec", "selector"], document.createNode({ matchLabels: workload }));
}

/**
 * An object of this scope, with the scope's name in place of `lightspan`.
 * @param {string} name
 * @param {Choices} choices
 */
function inScope(name, { namespace, scope }) {
  const document = inNamespace(name, namespace);
  const path = ["metadata", "name"];
  document.setIn(path, String(document.getIn(path)).replace("lightspan", scope.name));
  return document;
}

/**
 * @param {string} name
 * @param {string} namespace
 */
function inNamespace(name, namespace) {
  const document = template(name);
  document.setIn(["metadata", "namespace"], namespace);
  return document;
}

/** @param {string} name */
function template(name) {
  const path = fileURLToPath(new URL(`manifests/${name}.yaml`, import.meta.url));
  return parseDocument(readFileSync(path, "utf8"));
}

/** Text as a YAML literal block. @param {string} text */
function block(text) {
  const scalar = new Scalar(text);
  scalar.type = Scalar.BLOCK_LITERAL;
  return scalar;
}
