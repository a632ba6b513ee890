// The satellite as an HTTP server: its paths, its ports, how it starts and stops. Leaves reports to receive/ and
// answers to serve/.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listTraces, showLatency, showStats, showTrace } from "./serve/api.ts";
import type { Answer } from "./serve/api.ts";
import { QueryError, readFilter } from "./store/query.ts";
import { EventStreams } from "./serve/events.ts";
import { readAsset } from "./serve/assets.ts";
import { formats } from "./receive/formats.ts";
import { Forwarder } from "./receive/forward.ts";
import { startGrpc } from "./receive/grpc.ts";
import { takeReport } from "./receive/http.ts";
import { Intake, noCounts } from "./receive/intake.ts";
import type { Counts } from "./receive/intake.ts";
import { TraceStore } from "./store/traces.ts";
import type { Limits } from "./store/traces.ts";

/** A running satellite. `url` has no trailing slash. */
export interface Satellite {
  url: string;
  port: number;
  /** The port for reports over gRPC. */
  grpcPort: number;
  store: TraceStore;
  counts: Counts;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

const ABOUT = `Lightspan's local collector. It keeps the latest traces in memory, and nothing else.

POST /api/v2/reports      Lightstep ReportRequest, application/octet-stream
POST /v1/traces           OTLP ExportTraceServiceRequest, application/x-protobuf
POST /api/v2/spans        Zipkin v2 spans, application/json
GET  /                    the page, for a browser
GET  /api/traces          the stored traces, newest first; ?service=NAME, ?tag=NAME=VALUE, ?minMicros=N, ?maxMicros=N, ?limit=N
GET  /api/traces/{id}     one trace with its spans; 16 or 32 hex digits
GET  /api/live            the same list as server-sent events, as traces arrive; the same filters
GET  /api/latency         latency by a tag; ?by=TAG, ?service=NAME, ?kind=KIND, ?operation=NAME
GET  /api/stats           what has come in
`;

export interface SatelliteOptions extends Limits {
  host?: string;
  /** The ports for HTTP and gRPC; 0 takes any free one. */
  port?: number;
  grpcPort?: number;
  /** URL of a collector that also gets every accepted report; `complain` gets a line if it does not. */
  forward?: string;
  complain?: (line: string) => void;
}

/** Starts listening. Throws an Error that names a port it cannot have, or says what `forward` must be. */
export async function startSatellite(options: SatelliteOptions = {}): Promise<Satellite> {
  const { host = "127.0.0.1", port = 0, forward, complain = () => {} } = options;
  const forwarder = forward === undefined ? null : new Forwarder(forward, complain);
  const store = new TraceStore(options);
  const counts = noCounts();
  const intake = new Intake(store, counts, forwarder);
  const routes = [...routesTo(store, counts, forwarder), ...receivers(intake)];
  const server = createServer((request, response) => {
    dispatch(routes, request, response).catch((error: unknown) => fail(response, error));
  });
  // A proxy keeps its connections open. If we closed an idle one just as it sends a report, that report would be lost.
  server.keepAliveTimeout = 0;
  await listen(server, host, port);
  const grpc = await startGrpc(intake, host, options.grpcPort ?? 0).catch(async (error: unknown) => {
    await close(server);
    throw error;
  });
  const taken = (server.address() as AddressInfo).port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
  const stop = async (): Promise<void> => {
    grpc.close();
    forwarder?.close();
    await close(server);
  };
  return { url, port: taken, grpcPort: grpc.port, store, counts, close: stop };
}

interface Route {
  method: "GET" | "POST";
  path: RegExp;
  handle(call: Call): void | Promise<void>;
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** The part of the path that its pattern captured. */
  captured: string;
}

function receivers(intake: Intake): Route[] {
  return formats.map((format) => ({
    method: "POST",
    path: new RegExp(`^${format.path}$`),
    handle: ({ request, response }) => takeReport(request, response, format, intake),
  }));
}

function routesTo(store: TraceStore, counts: Counts, forwarder: Forwarder | null): Route[] {
  const get = (path: RegExp, find: (call: Call) => Answer): Route => ({
    method: "GET",
    path,
    handle: (call) => sendJson(call.response, find(call)),
  });
  const streams = new EventStreams(store);
  return [
    { method: "GET", path: /^\/$/, handle: begin },
    {
      method: "GET",
      path: /^\/(page\.js|page\.css|icon\.svg)$/,
      handle: ({ response, captured }) => sendAsset(response, captured),
    },
    get(/^\/api\/traces$/, ({ query }) => listTraces(store, query)),
    get(/^\/api\/traces\/([^/]+)$/, ({ captured }) => showTrace(store, captured)),
    { method: "GET", path: /^\/api\/live$/, handle: ({ response, query }) => stream(streams, response, query) },
    get(/^\/api\/latency$/, ({ query }) => showLatency(store, query)),
    get(/^\/api\/stats$/, () => showStats(store, counts, forwarder?.counts ?? null)),
  ];
}

/**
 * The names that readers on this machine use for it. A foreign page whose name was rebound to this address still sends
 * its own name, so it can read nothing. Reports may name any host: a proxy names the cluster that it sends to.
 */
const LOCAL = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

async function dispatch(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = "/", search] = (request.url ?? "/").split("?", 2);
  const route = routes.find((candidate) => candidate.path.test(path));
  if (!route) {
    sendJson(response, { status: 404, body: { error: `no such path: ${path}; GET / lists them` } });
  } else if (request.method !== route.method) {
    response.setHeader("allow", route.method);
    sendJson(response, { status: 405, body: { error: `${path} takes ${route.method} only` } });
  } else if (route.method === "GET" && !LOCAL.test(request.headers.host ?? "")) {
    sendJson(response, {
      status: 403,
      body: { error: `this is not ${request.headers.host}: ask localhost or 127.0.0.1` },
    });
  } else {
    const captured = route.path.exec(path)?.[1] ?? "";
    await route.handle({ request, response, query: new URLSearchParams(search), captured });
  }
}

/** Answers a browser with the page, and any other client with the list of paths. */
async function begin({ request, response }: Call): Promise<void> {
  response.setHeader("vary", "accept");
  if (request.headers.accept?.includes("text/html")) await sendAsset(response, "index.html");
  else sendText(response, ABOUT);
}

async function sendAsset(response: ServerResponse, name: string): Promise<void> {
  const { headers, body } = await readAsset(name);
  response.writeHead(200, headers).end(body);
}

function stream(streams: EventStreams, response: ServerResponse, query: URLSearchParams): void {
  const begun = streams.begin(response, readFilter(query));
  if (!begun) sendJson(response, { status: 503, body: { error: "too many live streams are open" } });
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

function sendJson(response: ServerResponse, { status, body }: Answer): void {
  const headers = { "content-type": "application/json", "x-content-type-options": "nosniff" };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

// A sender that disconnects during its report ends up here too; then nobody is left to answer.
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const known = error instanceof QueryError;
  sendJson(response, { status: known ? 400 : 500, body: { error: known ? error.message : String(error) } });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "it is in use" : error.message;
      reject(new Error(`cannot listen on port ${port} of ${host}: ${reason}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
