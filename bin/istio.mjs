// `lightspan istio`: the manifests for Istio, printed or written to a folder.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choicesOf, flags } from "../envoy/istio/choices.mjs";
import { istiodValuesFor, kustomization, objectsFor, podPatchFor } from "../envoy/istio/render.mjs";
import { readModule } from "./module.mjs";

export const summary = "prints Istio's manifests for Lightspan, for kubectl, Kustomize and Helm";

/** @param {string[]} args */
export function run(args) {
  if (args.includes("--help")) {
    console.log(`usage: lightspan istio --collector URL [FLAGS]\n\n${flagLines().join("\n")}`);
    return;
  }
  const choices = choicesOf(args, readModule);
  const objects = text(objectsFor(choices));
  const patch = podPatchFor(choices);
  const values = istiodValuesFor(choices);
  if (choices.out === undefined) {
    process.stdout.write(objects);
    if (patch !== undefined) console.error("Pods need something too: --out FOLDER writes a patch for them as well.");
    return;
  }
  mkdirSync(choices.out, { recursive: true });
  write(choices.out, "lightspan.yaml", objects);
  write(choices.out, "kustomization.yaml", text([kustomization()]));
  if (patch !== undefined) write(choices.out, "pod-patch.yaml", text([patch]));
  if (values !== undefined) write(choices.out, "istiod-values.yaml", text([values]));
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

/** @type {(folder: string, name: string, content: string) => void} */
function write(folder, name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  console.log(path);
}
