// Where modules come from: an HTTP server that hands out files, and an OCI registry that hands out the image layout which
// `lightspan oci` wrote. Knows the registry's HTTP paths; refuses to know what Istio's agent makes of an answer.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { listen, type Listening } from "../envoy/ground.ts";

export interface Place extends Listening {
  /** The paths that were asked for. */
  asked: string[];
}

/** Serves one file at /lightspan.wasm, but answers nobody before `release` is called. */
export async function serveLate(path: string): Promise<Place & { release(): void }> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  return { ...(await serve(fileAt(path), released)), release };
}

/** What there is at a path. */
type Find = (path: string) => { type: string; body: Buffer } | undefined;

async function serve(find: Find, start = Promise.resolve()): Promise<Place> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    await start;
    const found = find(path);
    if (found === undefined) return void response.writeHead(404).end();
    const digest = `sha256:${createHash("sha256").update(found.body).digest("hex")}`;
    response.writeHead(200, { "content-type": found.type, "docker-content-digest": digest });
    response.end(found.body);
  });
  return { ...(await listen(server)), asked };
}

/** Serves one file at /lightspan.wasm. */
export function serveFile(path: string): Promise<Place> {
  return serve(fileAt(path));
}

function fileAt(path: string): Find {
  const body = readFileSync(path);
  return (asked) => (asked === "/lightspan.wasm" ? { type: "application/wasm", body } : undefined);
}

/** A registry with the images of an OCI image layout, each under /v2/REPOSITORY for any repository. */
export function serveRegistry(layout: string): Promise<Place> {
  interface Descriptor {
    mediaType: string;
    digest: string;
    annotations?: Record<string, string>;
  }
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: Descriptor[] };
  const blob = (digest: string): Buffer => readFileSync(join(layout, "blobs", ...digest.split(":")));
  return serve((path) => {
    if (/^\/v2\/?$/.test(path)) return { type: "application/json", body: Buffer.from("{}") };
    const [, kind, reference = ""] = /^\/v2\/.+\/(manifests|blobs)\/(.+)$/.exec(path) ?? [];
    if (kind === "blobs") return { type: "application/octet-stream", body: blob(reference) };
    const found = index.manifests.find(
      ({ digest, annotations }) =>
        digest === reference || annotations?.["org.opencontainers.image.ref.name"] === reference,
    );
    return found === undefined ? undefined : { type: found.mediaType, body: blob(found.digest) };
  });
}
