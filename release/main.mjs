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
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { createTar, parseTar } from "nanotar";
import { sbomOf } from "./sbom.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}build/release/`;
const { name, version, bin } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const commandPath = bin[name];
/** Whose files are in an archive, and of when: nobody's, of no time. */
const nobody = { uid: 0, gid: 0, mtime: 0 };

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

copyFileSync(`${root}build/lightspan.wasm`, `${out}lightspan.wasm`);
copyFileSync(`${root}build/lightspan.schema.json`, `${out}lightspan.schema.json`);
writeFileSync(`${out}${name}-${version}.cdx.json`, sbomOf(root, sha256(`${out}lightspan.wasm`)));
writeFileSync(`${out}${name}-${version}-istio.tar.gz`, gzipSync(tarOf(`${root}cli/istio/manifests`), { level: 9 }));
writeFileSync(`${out}${name}-${version}-oci.tar`, tarOfImage());
writeFileSync(`${out}${name}-${version}.tgz`, pack());

const files = readdirSync(out).sort();
const sums = files.map((file) => `${sha256(out + file)}  ${file}\n`).join("");
writeFileSync(`${out}SHA256SUMS`, sums);
console.log(`build/release:\n${sums}`);

/** What npm packs, less the modes that files happen to have here, which npm keeps. */
function pack() {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-pack-"));
  try {
    // The build is done, and npm's own scripts would do it again.
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    // Not the one in node_modules, which npm puts before all others and a package brings: it is an old one.
    const path = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
    const env = { ...process.env, PATH: path.join(delimiter) };
    execFileSync("npm", args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
    const packed = gunzipSync(readFileSync(join(folder, `${name}-${version}.tgz`)));
    const isCommand = (/** @type {string} */ path) => path === `package/${commandPath}`;
    const entries = parseTar(packed).map(({ name: path, data }) => ({
      name: path,
      data,
      attrs: { ...nobody, mode: isCommand(path) ? "755" : "644" },
    }));
    return gzipSync(Buffer.from(createTar(entries)), { level: 9 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files below a folder, in order. @param {string} folder */
function tarOf(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const attrs = { ...nobody, mode: "644" };
  const entries = names.filter((each) => statSync(join(folder, each)).isFile());
  return Buffer.from(createTar(entries.map((each) => ({ name: each, data: readFileSync(join(folder, each)), attrs }))));
}

/** The OCI image layout that `lightspan oci` writes. */
function tarOfImage() {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-oci-"));
  try {
    execFileSync(process.execPath, [`${root}cli/lightspan.mjs`, "oci", "--out", folder, "--tag", version]);
    return tarOf(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} path */
function sha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
