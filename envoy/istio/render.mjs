// The manifests for a set of choices. Each is a file in manifests/, complete with its comments, in which the choices are
// then written; knows where in it each belongs, and refuses to know what a flag is called.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseDocument, Scalar, stringify } from "yaml";
import { externalPort } from "./collector.mjs";
import { settingsFor, tokenVariable } from "./settings.mjs";

/**
 * @typedef {import("./choices.mjs").Choices} Choices
 * @typedef {import("yaml").Document} Document
 */

/**
 * All objects for the cluster, in the order in which they are best applied: the collector first.
 * @param {Choices} choices
 * @returns {Document[]}
 */
export function objectsFor(choices) {
  const { collector, module, kind, nativeTracing, sidecars } = choices;
  const documents = [];
  if (collector.namespace === undefined) documents.push(serviceEntry(choices));
  if (collector.tls) documents.push(destinationRule(choices));
  documents.push(...sidecars.map((namespace) => sidecarFor(choices, namespace)));
  if (!nativeTracing) documents.push(inNamespace("telemetry", choices));
  if (module.from === "configmap") documents.push(configMap(choices));
  const filter = { EnvoyFilter: envoyFilter, WasmPlugin: wasmPlugin, TrafficExtension: trafficExtension };
  documents.push(filter[kind](choices));
  return documents;
}

/**
 * The patch for a Deployment, if the choices need anything in a pod.
 * @param {Choices} choices
 * @returns {Document | undefined}
 */
export function podPatchFor({ token, module }) {
  if (token === undefined && module.from !== "configmap") return undefined;
  const patch = template("pod-patch");
  const pod = ["spec", "template", "spec"];
  const proxy = [...pod, "containers", 0];
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
 * The same as values of the chart istiod, for every pod of the mesh.
 * @param {Choices} choices
 * @returns {Document | undefined}
 */
export function istiodValuesFor(choices) {
  const patch = podPatchFor(choices);
  if (patch === undefined) return undefined;
  // Only a pod's own container has to name an image.
  patch.deleteIn(["spec", "template", "spec", "containers", 0, "image"]);
  const { containers, ...rest } = patch.toJS().spec.template.spec;
  const values = template("istiod-values");
  // Where Kubernetes has native sidecars, Istio's proxy is an init container.
  const place = "{{ if .NativeSidecars }}initContainers{{ else }}containers{{ end }}";
  const pod = stringify({ spec: { [place]: containers, ...rest } }).replace(`"${place}"`, place);
  values.setIn(["sidecarInjectorWebhook", "templates", "lightspan"], block(pod));
  return values;
}

/** What Kustomize reads first. @returns {Document} */
export function kustomization() {
  return template("kustomization");
}

/** @param {Choices} choices */
function serviceEntry(choices) {
  const { collector, transport } = choices;
  const document = inNamespace("serviceentry", choices);
  document.setIn(["spec", "hosts", 0], collector.host);
  const protocol = transport === "grpc" ? "GRPC" : "HTTP";
  const port = { number: externalPort, targetPort: collector.port, name: protocol.toLowerCase(), protocol };
  document.setIn(["spec", "ports", 0], document.createNode(port));
  return document;
}

/** @param {Choices} choices */
function destinationRule(choices) {
  const { host } = choices.collector;
  const document = inNamespace("destinationrule", choices);
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
function configMap(choices) {
  const document = inNamespace("configmap", choices);
  document.setIn(["binaryData", "lightspan.wasm"], choices.module.bytes.toString("base64"));
  return document;
}

/** @param {Choices} choices */
function envoyFilter(choices) {
  const { module, token, workload } = choices;
  const document = inNamespace("envoyfilter", choices);
  const config = ["spec", "configPatches", 1, "patch", "value", "typed_config", "config"];
  document.setIn([...config, "configuration", "value"], block(`${JSON.stringify(settingsFor(choices), null, 2)}\n`));
  if (module.from === "remote") {
    // Istio's agent fetches it; Envoy never sees the cluster, but its API wants one.
    const remote = {
      http_uri: { uri: module.url, timeout: "30s", cluster: "_" },
      // Istio's word for no checksum, where Envoy's API wants one.
      sha256: module.sha256 ?? "nil",
    };
    document.setIn([...config, "vm_config", "code"], document.createNode({ remote }));
  } else {
    document.setIn([...config, "vm_config", "code", "local", "filename"], new URL(module.url).pathname);
  }
  if (token !== undefined) {
    const variables = document.createNode({ host_env_keys: [tokenVariable] });
    document.setIn([...config, "vm_config", "environment_variables"], variables);
  }
  if (Object.keys(workload).length > 0) {
    document.setIn(["spec", "workloadSelector"], document.createNode({ labels: workload }));
  }
  return document;
}

/** @param {Choices} choices */
function wasmPlugin(choices) {
  return plugin(inNamespace("wasmplugin", choices), ["spec"], choices);
}

/** @param {Choices} choices */
function trafficExtension(choices) {
  return plugin(inNamespace("trafficextension", choices), ["spec", "wasm"], choices);
}

/**
 * @param {Document} document
 * @param {string[]} wasm where the fields about the module are
 * @param {Choices} choices
 */
function plugin(document, wasm, choices) {
  const { module, token, workload } = choices;
  document.setIn([...wasm, "url"], module.url);
  if (module.sha256 !== undefined) document.setIn([...wasm, "sha256"], module.sha256);
  document.setIn([...wasm, "pluginConfig"], document.createNode(settingsFor(choices)));
  if (token !== undefined) {
    const env = [{ name: tokenVariable, valueFrom: "HOST" }];
    document.setIn([...wasm, "vmConfig"], document.createNode({ env }));
  }
  if (Object.keys(workload).length > 0) {
    document.setIn(["spec", "selector"], document.createNode({ matchLabels: workload }));
  }
  return document;
}

/**
 * @param {string} name
 * @param {Choices} choices
 */
function inNamespace(name, { namespace }) {
  const document = template(name);
  document.setIn(["metadata", "namespace"], namespace);
  return document;
}

/** @param {string} name */
function template(name) {
  const path = fileURLToPath(new URL(`manifests/${name}.yaml`, import.meta.url));
  return parseDocument(readFileSync(path, "utf8"));
}

/** Text as a literal block. @param {string} text */
function block(text) {
  const scalar = new Scalar(text);
  scalar.type = Scalar.BLOCK_LITERAL;
  return scalar;
}
