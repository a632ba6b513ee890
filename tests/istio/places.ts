// Where modules come from by HTTP: a server that hands out one file at /lightspan.wasm, at once or when it is told to.
// Refuses to know what Istio's agent makes of an answer.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { listen, type Listening } from "../envoy/ground.ts";

export interface Place extends Listening {
  /** The paths that were asked for. */
  asked: string[];
}

/** Serves the file at `path` to everybody who asks. */
export function serveFile(path: string): Promise<Place> {
  return serve(path, Promise.resolve());
}

/** Serves it too, but answers nobody before `release` is called. */
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
