// The satellite as an HTTP server: the paths, the ports, the beginning and the end. How reports come in is the business of
// receive/, what an answer says api.ts's.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listTraces, showStats, showTrace } from "./api.ts";
import type { Answer } from "./api.ts";
import { formats } from "./receive/formats.ts";
import { Forwarder } from "./receive/forward.ts";
import { startGrpc } from "./receive/grpc.ts";
import { takeReport } from "./receive/http.ts";
import { Intake, noCounts } from "./receive/intake.ts";
import type { Counts } from "./receive/intake.ts";
import { TraceStore } from "./traces.ts";

/** A running satellite. `url` has no slash at its end. */
export interface Satellite {
  url: string;
  port: number;
  /** Where reports over gRPC go. */
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
GET  /api/traces          the stored traces, newest first; ?service=NAME, ?limit=N
GET  /api/traces/{id}     one trace with its spans; 16 or 32 hex digits
GET  /api/stats           what has come in
`;

export interface SatelliteOptions {
  host?: string;
  /** Of HTTP and of gRPC; 0 takes any free one. */
  port?: number;
  grpcPort?: number;
  maxTraces?: number;
  /** URL of a collector that gets all accepted reports too. */
  forward?: string;
}

/** Starts listening. Throws an Error that names the port when it cannot be had, or says what `forward` must be. */
export async function startSatellite(options: SatelliteOptions = {}): Promise<Satellite> {
  const { host = "127.0.0.1", port = 0, maxTraces } = options;
  const forwarder = options.forward === undefined ? null : new Forwarder(options.forward);
  const store = new TraceStore(maxTraces);
  const counts = noCounts();
  const intake = new Intake(store, counts, forwarder);
  const routes = [...routesTo(store, counts, forwarder), ...receivers(intake)];
  const server = createServer((request, response) => {
    dispatch(routes, request, response).catch((error: unknown) => fail(response, error));
  });
  // A proxy keeps its connections; closing an idle one just as the next report sets out would lose that report.
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
  /** What the path's pattern captured. */
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
  return [
    { method: "GET", path: /^\/$/, handle: ({ response }) => sendText(response, ABOUT) },
    get(/^\/api\/traces$/, ({ query }) => listTraces(store, query)),
    get(/^\/api\/traces\/([^/]+)$/, ({ captured }) => showTrace(store, captured)),
    get(/^\/api\/stats$/, () => showStats(store, counts, forwarder?.counts ?? null)),
  ];
}

async function dispatch(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = "/", search] = (request.url ?? "/").split("?", 2);
  const route = routes.find((candidate) => candidate.path.test(path));
  if (!route) {
    sendJson(response, { status: 404, body: { error: `no such path: ${path}; GET / lists them` } });
  } else if (request.method !== route.method) {
    response.setHeader("allow", route.method);
    sendJson(response, { status: 405, body: { error: `${path} takes ${route.method} only` } });
  } else {
    const captured = route.path.exec(path)?.[1] ?? "";
    await route.handle({ request, response, query: new URLSearchParams(search), captured });
  }
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

function sendJson(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

// A sender that goes away in the middle of its report ends up here too: there is nobody left to answer then.
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  sendJson(response, { status: 500, body: { error: String(error) } });
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
