// `lightspan istio`: prints the manifests for Istio or writes them to a folder.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choicesOf, flags } from "./istio/choices.mjs";
import { istiodValuesFor, kustomization, objectsFor, podPatchFor } from "./istio/render.mjs";
import { settingsFor, variablesOf } from "./istio/settings.mjs";
import { makeFolder } from "./folder.mjs";
import { tryConfiguration } from "./check/host.mjs";
import { readModule } from "./module.mjs";

export const summary = "prints Istio's manifests for Lightspan, for kubectl, Kustomize and Helm";

/** @param {string[]} args */
export function run(args) {
  if (args.includes("--help")) {
    console.log(`usage: lightspan istio --collector URL [FLAGS]\n\n${flagLines().join("\n")}`);
    return;
  }
  const choices = choicesOf(args, readModule);
  const refusals = refusalsOf(settingsFor(choices), choices.module.bytes);
  if (refusals.length > 0) {
    for (const line of refusals) console.error(`lightspan istio: --config: ${line}`);
    process.exitCode = 2;
    return;
  }
  const objects = yamlOf(objectsFor(choices));
  const patch = podPatchFor(choices);
  const values = istiodValuesFor(choices);
  for (const note of notesOn(choices, patch !== undefined)) console.error(note);
  if (choices.out === undefined) {
    process.stdout.write(objects);
    return;
  }
  makeFolder(choices.out);
  writeOrRemove(choices.out, "lightspan.yaml", objects);
  writeOrRemove(choices.out, "kustomization.yaml", yamlOf([kustomization()]));
  writeOrRemove(choices.out, "pod-patch.yaml", patch && yamlOf([patch]));
  writeOrRemove(choices.out, "istiod-values.yaml", values && yamlOf([values]));
}

/**
 * Notes on consequences of the choices that users may not expect.
 * @param {import("./istio/choices.mjs").Choices} choices
 * @param {boolean} forPods whether the pods themselves need a change
 */
function notesOn({ collector: { host, namespace }, kind, out }, forPods) {
  const notes = [];
  if (namespace === undefined && /^[^.]+\.[^.]+$/.test(host))
    notes.push(`${host} is taken for a host outside the mesh; a service of the mesh is NAME.NAMESPACE.svc`);
  if (forPods && out === undefined)
    notes.push("Pods need something too: --out FOLDER writes a patch for them as well.");
  if (forPods && kind !== "EnvoyFilter")
    notes.push(`Pods first, then the ${kind}: one that lacks what the patch gives answers 500 to every request.`);
  return notes;
}

/**
 * The module's objections to a configuration; none if it accepts it. Only the proxy knows the values of variables.
 * @param {Record<string, unknown>} settings
 * @param {Buffer} module
 */
function refusalsOf(settings, module) {
  const environment = Object.fromEntries(variablesOf(settings).map((name) => [name, "any"]));
  const configuration = Buffer.from(JSON.stringify(settings));
  const { accepted, lines } = tryConfiguration(Uint8Array.from(module), configuration, environment);
  return accepted ? [] : lines.map((line) => line.text);
}

function flagLines() {
  return Object.entries(flags).map(([name, flag]) => {
    const value = "value" in flag ? ` ${flag.value}` : "";
    return `  --${(name + value).padEnd(26)} ${flag.help}`;
  });
}

/** @param {import("yaml").Document[]} documents */
function yamlOf(documents) {
  // Long lines aren't folded, so that texts stay comparable.
  return documents.map((document) => document.toString({ lineWidth: 0 })).join("---\n");
}

/** Writes a file, or removes one from an earlier run if these choices don't need it.
 * @type {(folder: string, name: string, content: string | undefined) => void} */
function writeOrRemove(folder, name, content) {
  const path = join(folder, name);
  if (content === undefined) return rmSync(path, { force: true });
  writeFileSync(path, content);
  console.log(path);
}
