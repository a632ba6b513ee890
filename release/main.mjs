// `npm run release`: all files of a release, in build/release, the same bytes wherever and whenever it is run with one version of
// Node and npm. Nothing is uploaded: docs/release.md says what a person does with them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { sbomOf } from "./sbom.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}build/release/`;
const { name, version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

copyFileSync(`${root}build/lightspan.wasm`, `${out}lightspan.wasm`);
copyFileSync(`${root}build/lightspan.schema.json`, `${out}lightspan.schema.json`);
writeFileSync(`${out}${name}-${version}.cdx.json`, sbomOf(root, sha256(`${out}lightspan.wasm`)));
writeFileSync(`${out}${name}-${version}-istio.tar.gz`, gzipSync(tarOf(`${root}envoy/istio/manifests`), { level: 9 }));
writeFileSync(`${out}${name}-${version}-oci.tar`, tarOfImage());
// The build is done, and npm's own scripts would do it again.
execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", out], {
  cwd: root,
  stdio: "ignore",
});

const files = readdirSync(out).sort();
const sums = files.map((file) => `${sha256(out + file)}  ${file}\n`).join("");
writeFileSync(`${out}SHA256SUMS`, sums);
console.log(`build/release:\n${sums}`);

/** The files below a folder, in order, of nobody and of no time. @param {string} folder */
function tarOf(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const attrs = { mode: "644", uid: 0, gid: 0, mtime: 0 };
  const entries = names.filter((each) => statSync(join(folder, each)).isFile());
  return Buffer.from(createTar(entries.map((each) => ({ name: each, data: readFileSync(join(folder, each)), attrs }))));
}

/** The OCI image layout that `lightspan oci` writes. */
function tarOfImage() {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-oci-"));
  try {
    execFileSync(process.execPath, [`${root}bin/lightspan.mjs`, "oci", "--out", folder, "--tag", version]);
    return tarOf(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} path */
function sha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
