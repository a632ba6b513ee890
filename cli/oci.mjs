// `lightspan oci`: writes the module as an OCI image to a folder, without Docker.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { imageOf, manifestType } from "./istio/image.mjs";
import { Refusal } from "./refusal.mjs";
import { makeFolder } from "./folder.mjs";
import { readModule } from "./module.mjs";

export const summary = "writes the module as an OCI image layout and prints both digests";

const usage = `usage: lightspan oci [--out FOLDER] [--tag TAG]

  --out FOLDER    where the layout is written; lightspan-oci by default
  --tag TAG       what the image is called in it; latest by default`;

/** @param {string[]} args */
export function run(args) {
  const options = /** @type {const} */ ({
    out: { type: "string", default: "lightspan-oci" },
    tag: { type: "string", default: "latest" },
    help: { type: "boolean" },
  });
  const { out, tag, help } = parseArgs({ args, options }).values;
  if (help) return console.log(usage);
  // The rule of the OCI distribution specification.
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new Refusal("--tag", tag, "letters, digits, _ and, inside, - and .");
  const module = readModule();
  const { digest, manifest, blobs } = imageOf(module);

  makeFolder(out, "blobs", "sha256");
  writeFileSync(join(out, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const descriptor = {
    mediaType: manifestType,
    digest: `sha256:${digest}`,
    size: manifest.length,
    annotations: { "org.opencontainers.image.ref.name": tag },
  };
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [descriptor],
  };
  writeFileSync(join(out, "index.json"), JSON.stringify(index));
  for (const [sha256, bytes] of blobs) writeFileSync(join(out, "blobs", "sha256", sha256), bytes);

  console.log(`${out}: an OCI image layout with the image ${tag}`);
  console.log(`module    sha256:${createHash("sha256").update(module).digest("hex")}`);
  console.log(`manifest  sha256:${digest}`);
}
