// Answers one request as a fault says, over HTTP/1.1 or HTTP/2. Knows headers, bodies, trailers and resets; refuses to
// know which fault comes when. Returns the outcome once it is certain.
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { Http2ServerResponse, OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { Fault, Outcome } from "./fault.ts";
import { frame, type Arrived } from "./request.ts";

export type Response = ServerResponse | Http2ServerResponse;

const GRPC = "application/grpc";
const RESOURCE_EXHAUSTED = 8;
const CHUNK = Buffer.alloc(16 * 1024, "endless ");

/** Answers a report that could be read. */
export async function answer(fault: Fault, { format, isGrpc, message }: Arrived, response: Response): Promise<Outcome> {
  await fault.after?.();
  const reply = (body: Uint8Array, outcome: Outcome): Promise<Outcome> =>
    isGrpc
      ? grpcReply(asHttp2(response), body, outcome)
      : whole(response, format.accepted, { "content-type": format.accept(0).type }, body, outcome);
  switch (fault.kind) {
    case "accept": {
      const tooLarge = fault.maxBytes !== undefined && message.length > fault.maxBytes;
      if (!tooLarge) return reply(format.accept(Date.now() * 1000).body, "acknowledged");
      if (isGrpc) return grpcStatus(asHttp2(response), { code: RESOURCE_EXHAUSTED, message: "too large" });
      return whole(response, 413, {}, "too large", "refused");
    }
    case "status": {
      const outcome = fault.status < 200 || fault.status > 299 || isGrpc ? "refused" : "acknowledged";
      return whole(response, fault.status, fault.headers ?? {}, fault.body ?? "", outcome);
    }
    case "reply":
      return reply(fault.message, fault.outcome);
    case "grpc":
      return grpcStatus(asHttp2(response), fault);
    case "garbage":
      return isHttp2(response) ? reply(randomBytes(64), "unclear") : garbage(response);
    case "endless":
      return endless(response, isGrpc ? GRPC : format.accept(0).type);
    case "blackhole":
      return closed(response, "unanswered");
    case "reset":
      if (fault.when === "middle") await begin(response, isGrpc ? GRPC : format.accept(0).type);
      reset(response);
      return closed(response, fault.when === "middle" ? "unclear" : "unanswered");
  }
}

/** Answers a request that held no readable report, so that its sender learns of it. */
export async function refuse(isGrpc: boolean, reason: string, response: Response): Promise<void> {
  if (isGrpc && isHttp2(response)) await grpcStatus(asHttp2(response), { code: 3, message: reason });
  else await whole(response, 400, { "content-type": "text/plain" }, reason, "refused");
}

function isHttp2(response: Response): response is Http2ServerResponse {
  return "stream" in response;
}

/** Whether nothing more can be sent. */
function isGone(response: Response): boolean {
  return isHttp2(response) ? response.stream.destroyed || response.stream.closed : response.destroyed;
}

function asHttp2(response: Response): Http2ServerResponse {
  if (isHttp2(response)) return response;
  throw new Error("gRPC over HTTP/1.1");
}

/** Sends headers and a whole body. */
function whole(
  response: Response,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array,
  outcome: Outcome,
): Promise<Outcome> {
  const sent = finished(response, outcome);
  if (!isGone(response)) {
    const bytes = Buffer.from(body);
    // A status without a body must not announce one.
    const length = status === 204 || status === 304 ? {} : { "content-length": bytes.length };
    if (isHttp2(response)) response.writeHead(status, { ...headers, ...length }).end(bytes);
    else response.writeHead(status, { ...headers, ...length }).end(bytes);
  }
  return sent;
}

function grpcReply(response: Http2ServerResponse, message: Uint8Array, outcome: Outcome): Promise<Outcome> {
  return grpcEnd(response, { "grpc-status": "0" }, frame(message), outcome);
}

function grpcStatus(
  response: Http2ServerResponse,
  status: { code: number; message?: string; trailersOnly?: boolean; trailers?: Record<string, string> },
): Promise<Outcome> {
  const { code, message, trailersOnly = false, trailers = {} } = status;
  const fields = { "grpc-status": String(code), ...(message && { "grpc-message": encodeURI(message) }), ...trailers };
  const outcome = code === 0 ? "acknowledged" : "refused";
  if (!trailersOnly) return grpcEnd(response, fields, Buffer.alloc(0), outcome);
  const sent = finished(response, outcome);
  const head = { ":status": 200, "content-type": GRPC, ...fields };
  if (!isGone(response)) response.stream.respond(head, { endStream: true });
  return sent;
}

function grpcEnd(
  response: Http2ServerResponse,
  trailers: Record<string, string>,
  body: Buffer,
  outcome: Outcome,
): Promise<Outcome> {
  const sent = finished(response, outcome);
  if (isGone(response)) return sent;
  response.writeHead(200, { "content-type": GRPC });
  response.addTrailers(trailers);
  response.end(body);
  return sent;
}

/** HTTP/1.1 only: HTTP/2's frames belong to the library. */
function garbage(response: ServerResponse): Promise<Outcome> {
  const socket = response.socket;
  socket?.end(Buffer.concat([Buffer.from([0x00, 0xff]), randomBytes(64), Buffer.from("\r\n\r\n")]));
  return closed(response, "unclear");
}

async function begin(response: Response, type: string): Promise<void> {
  if (isGone(response)) return;
  response.writeHead(200, { "content-type": type });
  await new Promise<void>((resolve) => {
    const part = Buffer.alloc(8);
    response.once("close", resolve);
    if (isHttp2(response)) response.write(part, "utf8", () => resolve());
    else response.write(part, () => resolve());
  });
}

async function endless(response: Response, type: string): Promise<Outcome> {
  const ended = closed(response, "unclear");
  await begin(response, type);
  // Lets this process serve others between two chunks.
  const more = (): unknown => {
    if (isGone(response)) return;
    const flows = isHttp2(response) ? response.write(CHUNK) : response.write(CHUNK);
    return flows ? setImmediate(more) : response.once("drain", () => setImmediate(more));
  };
  more();
  return ended;
}

function reset(response: Response): void {
  if (isHttp2(response)) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else (response.socket as Socket | null)?.resetAndDestroy();
}

/** Resolves to `outcome` if the whole answer went out, otherwise to `unanswered`. */
function finished(response: Response, outcome: Outcome): Promise<Outcome> {
  if (isGone(response)) return Promise.resolve("unanswered");
  return new Promise((resolve) => {
    if (isHttp2(response)) {
      const { stream } = response;
      // If either side reset the stream, the answer did not arrive.
      stream.on("close", () => resolve(stream.rstCode === constants.NGHTTP2_NO_ERROR ? outcome : "unanswered"));
    } else {
      response.on("finish", () => resolve(outcome)).on("close", () => resolve("unanswered"));
    }
  });
}

function closed(response: Response, outcome: Outcome): Promise<Outcome> {
  if (isGone(response)) return Promise.resolve(outcome);
  return new Promise((resolve) => response.on("close", () => resolve(outcome)));
}
