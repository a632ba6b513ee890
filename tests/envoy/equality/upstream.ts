// The applications behind both Envoys. The last word of a request's path says what they do: `/u/slow?ms=100`. They keep
// no state, so both Envoys meet the same behaviour at the same time.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Upstreams } from "./routes.ts";

type Behaviour = (response: ServerResponse, query: URLSearchParams, request: IncomingMessage) => void;

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const behaviours: Record<string, Behaviour> = {
  ok: (response) => answer(response, 200, "hello"),
  healthz: (response) => answer(response, 200, "healthy"),
  status: (response, query) => response.writeHead(Number(query.get("code"))).end(),
  echo: (response, _query, request) => {
    let body = "";
    request.setEncoding("latin1").on("data", (text: string) => (body += text));
    request.on("end", () => answer(response, 200, body));
  },
  chunked: (response) => {
    for (const piece of ["one", "three", "eleven"]) response.write(piece);
    response.end();
  },
  slow: (response, query) => void setTimeout(() => answer(response, 200, "late"), Number(query.get("ms"))),
  never: () => undefined,
  // Sends headers and part of the body, then nothing more.
  stuck: (response) => void response.writeHead(200, { "content-length": "100" }).write("0123456789"),
  reset: (response) => response.socket?.resetAndDestroy(),
  broken: (response) => {
    response.writeHead(200, { "content-length": "100" }).write("0123456789");
    setTimeout(() => response.socket?.resetAndDestroy(), 200);
  },
  closed: (response) => {
    response.writeHead(200, { "content-length": "100" }).write("0123456789");
    setTimeout(() => response.socket?.end(), 200);
  },
  nonsense: (response) => void response.socket?.end("NONSENSE\r\n\r\n"),
  flaky: (response, _query, request) =>
    answer(response, request.headers["x-envoy-attempt-count"] === "1" ? 503 : 200, "at last"),
  moved: (response) => answer(response, 302, "", { location: "http://equality.test/u/ok" }),
  hints: (response) => response.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => answer(response, 200, "")),
  "grpc-status": (response, query) => answer(response, 200, "", { "grpc-status": query.get("is") ?? "" }),
};

function serve(request: IncomingMessage, response: ServerResponse): void {
  const [path = "", search] = (request.url ?? "").split("?", 2);
  const behaviour = behaviours[path.replace(/^\/u\//, "").split("/", 1)[0] ?? ""] ?? behaviours.ok;
  response.on("error", () => undefined);
  behaviour?.(response, new URLSearchParams(search), request);
}

/** Agrees to any upgrade and echoes what arrives. */
function upgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on("error", () => undefined);
  socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  socket.pipe(socket);
}

/** What an HTTP/2 request asks for in its `x-answer`. */
export interface Http2Answer {
  headers: Record<string, string | number>;
  messages?: number;
  trailers?: Record<string, string>;
  reset?: number;
  /** Resets without an answer. */
  silent?: boolean;
}

function serveHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on("error", () => undefined);
  const wanted = JSON.parse(String(headers["x-answer"])) as Http2Answer;
  stream.resume().on("end", () => {
    const { messages = 0, trailers, reset, silent } = wanted;
    if (silent) return stream.close(reset);
    stream.respond(wanted.headers, { endStream: messages === 0 && !trailers, waitForTrailers: trailers !== undefined });
    if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    for (let sent = 0; sent < messages; sent++) stream.write(Buffer.from([0, 0, 0, 0, 3, 1, 2, 3]));
    if (reset !== undefined) setTimeout(() => stream.close(reset), 50);
    else stream.end();
  });
}

/** Starts all three on free loopback ports. */
export async function startUpstreams(): Promise<Upstreams & { close(): void }> {
  const http1 = createServer(serve);
  http1.on("upgrade", upgrade);
  http1.keepAliveTimeout = 0;
  const http2 = createHttp2Server().on("stream", serveHttp2);
  const tcp = createTcpServer((socket) => void socket.on("error", () => undefined).pipe(socket));
  const sockets = new Set<Socket>();
  const listen = async (server: Server): Promise<{ host: string; port: number }> => {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  };
  const close = (): void => {
    for (const server of [http1, http2, tcp]) server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    http1: await listen(http1),
    http2: await listen(http2 as unknown as Server),
    tcp: await listen(tcp),
    close,
  };
}
