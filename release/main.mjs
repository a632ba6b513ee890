// `npm run release`: builds all files of a release into build/release. With the same versions of Node and npm, it gives
// the same bytes anywhere at any time. It uploads nothing: docs/release.md says what people do with the files.
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
/** Owner and time of the files in an archive: constant, so that the bytes are. */
const CONSTANT_ATTRIBUTES = { uid: 0, gid: 0, mtime: 0 };

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

/** npm's package, without the local file modes, which npm keeps. */
function pack() {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-pack-"));
  try {
    // The build is done; npm's scripts would repeat it.
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    // Skip the old npm in node_modules, which a package brings and npm puts first on the PATH.
    const path = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
    const env = { ...process.env, PATH: path.join(delimiter) };
    execFileSync("npm", args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
    const packed = gunzipSync(readFileSync(join(folder, `${name}-${version}.tgz`)));
    const isCommand = (/** @type {string} */ path) => path === `package/${commandPath}`;
    const entries = parseTar(packed).map(({ name: path, data }) => ({
      name: path,
      data,
      attrs: { ...CONSTANT_ATTRIBUTES, mode: isCommand(path) ? "755" : "644" },
    }));
    return gzipSync(Buffer.from(createTar(entries)), { level: 9 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A tar of a folder's files, in order. @param {string} folder */
function tarOf(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const attrs = { ...CONSTANT_ATTRIBUTES, mode: "644" };
  const entries = names.filter((each) => statSync(join(folder, each)).isFile());
  return Buffer.from(createTar(entries.map((each) => ({ name: each, data: readFileSync(join(folder, each)), attrs }))));
}

/** A tar of the OCI image layout that `lightspan oci` writes. */
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
