// The common part of all Bookinfo services: a request in, calls to other services through the sidecar, an answer out.
// Knows HTTP; like any application in a mesh, refuses to know about spans and traces.
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Endpoint } from "../../runner/config/cluster.ts";
import type { ServiceName } from "../topology.ts";

export interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

/** Sends a GET to another service. Rejects if no answer comes in time. */
export type Call = (
  service: ServiceName,
  path: string,
  headers: Record<string, string>,
  timeoutMs: number,
) => Promise<Answer>;

/** One service. It sees only its request, and the answers to its calls. */
export type App = (request: Pick<IncomingMessage, "method" | "url" | "headers">, call: Call) => Promise<Answer>;

export interface RunningApp {
  endpoint: Endpoint;
  close(): Promise<void>;
}

/** A JSON answer. */
export function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

/** The path of a request, without its query. */
export function pathOf(url = "/"): string {
  return url.split("?", 1)[0] ?? url;
}

/** The endpoint that a call goes to, and the authority that it names. */
export type Outbound = (service: ServiceName) => Endpoint & { authority?: string };

/** Serves an application on `port` of `address` (0 for a free one). Asks `outbound` for the endpoint of each call. */
export async function serve(app: App, address: string, outbound: Outbound, port = 0): Promise<RunningApp> {
  const agent = new Agent({ keepAlive: true });
  const call: Call = (service, path, headers, timeoutMs) => {
    const { host, port, authority = `${service}:9080` } = outbound(service);
    return get(agent, { host, port, path, headers: { ...headers, host: authority } }, timeoutMs);
  };
  const server = createServer((request, response) => {
    app(request, call)
      .catch((error: unknown) => json(500, { error: String(error) }))
      .then(({ status, type, body, headers }) => {
        response.writeHead(status, { "content-type": type, ...headers }).end(body);
      });
  });
  // Envoy decides when an idle connection ends. If the server did, it could close one just as a request arrives.
  server.keepAliveTimeout = 0;
  return {
    endpoint: { host: address, port: await listen(server, address, port) },
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}

function get(agent: Agent, options: RequestOptions, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = httpRequest({ ...options, agent, signal }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", body });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
