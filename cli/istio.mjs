// `lightspan istio`: the manifests for Istio, printed or written to a folder.
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
  const refusal = refusalOf(settingsFor(choices), choices.module.bytes);
  if (refusal.length > 0) {
    for (const line of refusal) console.error(`lightspan istio: --config: ${line}`);
    process.exitCode = 2;
    return;
  }
  const objects = text(objectsFor(choices));
  const patch = podPatchFor(choices);
  const values = istiodValuesFor(choices);
  for (const note of notesOn(choices, patch !== undefined)) console.error(note);
  if (choices.out === undefined) {
    process.stdout.write(objects);
    return;
  }
  makeFolder(choices.out);
  write(choices.out, "lightspan.yaml", objects);
  write(choices.out, "kustomization.yaml", text([kustomization()]));
  write(choices.out, "pod-patch.yaml", patch && text([patch]));
  write(choices.out, "istiod-values.yaml", values && text([values]));
}

/**
 * What somebody may not expect of these choices.
 * @param {import("./istio/choices.mjs").Choices} choices
 * @param {boolean} forPods whether pods need something for them
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
 * What the module says against a configuration; nothing if it takes it. What a variable holds, only the proxy knows.
 * @param {Record<string, unknown>} settings
 * @param {Buffer} module
 */
function refusalOf(settings, module) {
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
function text(documents) {
  // Long lines stay whole: a folded one would be another text to whoever compares.
  return documents.map((document) => document.toString({ lineWidth: 0 })).join("---\n");
}

/** Writes a file, or takes away one of an earlier run that these choices do not need.
 * @type {(folder: string, name: string, content: string | undefined) => void} */
function write(folder, name, content) {
  const path = join(folder, name);
  if (content === undefined) return rmSync(path, { force: true });
  writeFileSync(path, content);
  console.log(path);
}
