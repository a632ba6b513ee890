// An HTTP server for modules: serves one file at /lightspan.wasm, at once or when told to. Refuses to know what Istio's
// agent does with an answer.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { listen, type Listening } from "../envoy/ground.ts";

export interface Place extends Listening {
  /** The requested paths. */
  asked: string[];
}

/** Serves the file at `path`. */
export function serveFile(path: string): Promise<Place> {
  return serve(path, Promise.resolve());
}

/** Serves it too, but answers nobody until `release` is called. */
export async function serveLate(path: string): Promise<Place & { release(): void }> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  return { ...(await serve(path, released)), release };
}

async function serve(path: string, start: Promise<void>): Promise<Place> {
  const body = readFileSync(path);
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(request.url ?? "/");
    await start;
    if (request.url === "/lightspan.wasm") response.writeHead(200, { "content-type": "application/wasm" }).end(body);
    else response.writeHead(404).end();
  });
  return { ...(await listen(server)), asked };
}
