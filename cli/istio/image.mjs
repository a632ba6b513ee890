// The module as an OCI image, in the layout that Istio's agent takes from any registry: one compressed layer with the file
// plugin.wasm. Knows the formats of the OCI image specification; refuses to know of files and registries.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";

/**
 * @typedef {object} Image
 * @property {string} digest SHA-256 of the manifest, 64 hexadecimal digits: what Istio calls the checksum of an image.
 * @property {Buffer} manifest
 * @property {Map<string, Buffer>} blobs All that the image is made of, the manifest included, by their SHA-256.
 */

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
const configType = "application/vnd.oci.image.config.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";

/**
 * The image of a module; the same bytes for the same module, with one version of Node.
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
  // Nothing of this machine or of this moment, or the digest would be another one each time.
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
