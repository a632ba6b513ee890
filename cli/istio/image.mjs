// The module as an OCI image, in the layout that Istio's agent accepts from any registry: one compressed layer with the
// file plugin.wasm. It knows the formats of the OCI image specification, but no files and no registries.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";

/**
 * @typedef {object} Image
 * @property {string} digest SHA-256 of the manifest in 64 hexadecimal digits, which Istio calls the image's checksum.
 * @property {Buffer} manifest
 * @property {Map<string, Buffer>} blobs All parts of the image, including the manifest, by SHA-256.
 */

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
const configType = "application/vnd.oci.image.config.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";

/**
 * The image of a module. With the same version of Node, the same module gives the same bytes.
 * @param {Buffer} module
 * @returns {Image}
 */
export function imageOf(module) {
  /** @type {Map<string, Buffer>} */
  const blobs = new Map();
  /** @type {(mediaType: string, bytes: Buffer) => { mediaType: string, digest: string, size: number }} */
  const add = (mediaType, bytes) => {
    blobs.set(sha256(bytes), bytes);
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  // Nothing here depends on the machine or the time, so the digest is reproducible.
  const attrs = { mode: "644", uid: 0, gid: 0, mtime: 0 };
  const tar = Buffer.from(createTar([{ name: "plugin.wasm", data: module, attrs }]));
  const config = {
    architecture: "wasm",
    os: "wasi",
    config: {},
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(tar)}`] },
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: add(configType, Buffer.from(JSON.stringify(config))),
      layers: [add(layerType, gzipSync(tar, { level: 9 }))],
    }),
  );
  add(manifestType, manifest);
  return { digest: sha256(manifest), manifest, blobs };
}

/** @param {Buffer} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
