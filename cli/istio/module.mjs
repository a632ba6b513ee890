// Where a proxy gets the module from, and the checksum with which Istio's agent verifies it. It knows the URL schemes
// that Istio accepts, but not how a manifest states them.
import { createHash } from "node:crypto";
import { imageOf } from "./image.mjs";
import { Refusal } from "../refusal.mjs";

const allowedModules = "configmap, file:///PATH, https://HOST/PATH or oci://REGISTRY/REPOSITORY:TAG";

/** The default place of the module, where the ConfigMap is mounted. */
export const mountedModule = "/var/lib/lightspan/lightspan.wasm";

/**
 * @typedef {object} Module
 * @property {"configmap" | "file" | "remote"} from
 * @property {string} url `file://`, `http://`, `https://` or `oci://`
 * @property {string | undefined} sha256 Checksum of a module fetched over HTTP, or of an image's manifest.
 * @property {Buffer} bytes
 */

/**
 * The module at the place named by `text`. Its checksum is that of `bytes`, the module built here, unless `asked` is
 * given. Throws Refusal.
 * @param {string} text
 * @param {string | undefined} asked the checksum: 64 hexadecimal digits, as a tool prints them, or `none`
 * @param {Buffer} bytes
 * @returns {Module}
 */
export function moduleOf(text, asked, bytes) {
  const sha256 = asked?.toLowerCase().replace(/^sha256:/, "");
  if (sha256 !== undefined && sha256 !== "none" && !/^[0-9a-f]{64}$/.test(sha256))
    throw new Refusal("--sha256", asked, "64 hexadecimal digits, or none");
  if (text === "configmap") return local("configmap", `file://${mountedModule}`, sha256, bytes);
  if (/\s/.test(text) || (/^(https?|oci):/.test(text) && !URL.canParse(text)))
    throw new Refusal("--module", text, allowedModules);
  if (/^file:\/\/\/./.test(text)) return local("file", text, sha256, bytes);
  if (/^oci:\/\/[^/]+\/[^@]+(@sha256:[0-9a-f]{64})?$/.test(text)) {
    // Istio verifies a digest in the URL itself.
    const own = text.includes("@sha256:") ? undefined : imageOf(bytes).digest;
    return { from: "remote", url: text, sha256: chosen(sha256, own), bytes };
  }
  if (/^https?:\/\/[^/]+\/./.test(text)) {
    const own = createHash("sha256").update(bytes).digest("hex");
    return { from: "remote", url: text, sha256: chosen(sha256, own), bytes };
  }
  throw new Refusal("--module", text, allowedModules);
}

/**
 * @param {"configmap" | "file"} from
 * @param {string} url
 * @param {string | undefined} sha256
 * @param {Buffer} bytes
 * @returns {Module}
 */
function local(from, url, sha256, bytes) {
  if (sha256 !== undefined) throw new Refusal("--sha256", sha256, "with an https:// or oci:// module only");
  return { from, url, sha256: undefined, bytes };
}

/**
 * @param {string | undefined} asked
 * @param {string | undefined} own
 */
function chosen(asked, own) {
  return asked === "none" ? undefined : (asked ?? own);
}
