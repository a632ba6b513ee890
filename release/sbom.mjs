// The contents of a release as a CycloneDX bill of materials. Knows which packages end up in the module and which the
// commands need; versions and hashes come from package-lock.json, licences from the packages.
import { readFileSync } from "node:fs";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";

/** The only packages compiled into the module, and why; tests/release checks every import. */
const compiledIn = {
  assemblyscript: "its runtime and the parts of its standard library that are used, compiled in",
  "@solo-io/proxy-runtime":
    "its declarations of the host's functions, of which nothing is left but the names of imports",
};

/**
 * The bill of materials as JSON; a release always gives the same text.
 * @param {string} root Folder of the project, with a slash at its end.
 * @param {string} moduleSha256
 */
export function sbomOf(root, moduleSha256) {
  const project = readJson(`${root}package.json`);
  const lock = readJson(`${root}package-lock.json`);

  const lightspan = new Models.Component(Enums.ComponentType.Application, project.name, {
    bomRef: `${project.name}@${project.version}`,
    version: project.version,
    purl: purlOf(project.name, project.version),
    description: project.description,
    licenses: licenseOf(project.license),
  });
  const module = new Models.Component(Enums.ComponentType.File, "lightspan.wasm", {
    bomRef: "lightspan.wasm",
    version: project.version,
    description: "the filter, a WebAssembly module for Envoy",
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], moduleSha256]]),
    licenses: licenseOf(project.license),
  });
  lightspan.dependencies.add(module.bomRef);

  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: lightspan }) });
  bom.components.add(module);
  for (const [name, description] of Object.entries(compiledIn)) {
    const component = packageOf(root, lock, name, description);
    module.components.add(component);
    module.dependencies.add(component.bomRef);
  }
  for (const name of Object.keys(project.dependencies)) {
    const component = packageOf(root, lock, name, "what the commands of the npm package need; not in the module");
    bom.components.add(component);
    lightspan.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** @type {(root: string, lock: Lock, name: string, description: string) => Models.Component} */
function packageOf(root, lock, name, description) {
  const folder = `node_modules/${name}`;
  const { version, integrity } = lock.packages[folder] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json has no ${name}`);
  const [, sha512 = ""] = /^sha512-(.*)$/.exec(integrity) ?? [];
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: `${name}@${version}`,
    version,
    purl: purlOf(name, version),
    description,
    hashes: new Models.HashDictionary([
      [Enums.HashAlgorithm["SHA-512"], Buffer.from(sha512, "base64").toString("hex")],
    ]),
    licenses: licenseOf(readJson(`${root}${folder}/package.json`).license.trim()),
  });
}

/**
 * @typedef {{ packages: Record<string, { version?: string, integrity?: string } | undefined> }} Lock
 *
 * @param {string} path
 */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** @type {(name: string, version: string) => string} */
function purlOf(name, version) {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** @param {string} id of the SPDX list */
function licenseOf(id) {
  return new Models.LicenseRepository([new Models.SpdxLicense(id)]);
}
