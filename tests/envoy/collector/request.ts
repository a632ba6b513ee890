// Reads one request of HTTP/1.1 or HTTP/2: collects its body and finds the report in it. The formats are the
// satellite's; gRPC's frame of five bytes is handled here.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { gunzipSync, inflateSync } from "node:zlib";
import { formats, type Format } from "../../../satellite/receive/formats.ts";
import type { Report } from "../../../satellite/store/report.ts";

export type Request = IncomingMessage | Http2ServerRequest;

/** What the answer and the ledger need of a report. */
export interface Arrived {
  format: Format;
  isGrpc: boolean;
  encoding: string;
  /** Unpacked. */
  message: Buffer;
  reports: Report[];
}

const FRAME_HEAD = 5;

/** The whole body; undefined if the sender leaves before its end. */
export function collect(request: Request): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks)));
    // After the end this has no effect.
    request.on("close", () => resolve(undefined));
    request.on("error", () => resolve(undefined));
  });
}

/** Throws an Error with the reason if this is not a report. */
export function readReport(request: Request, body: Buffer): Arrived {
  const isGrpc = isGrpcRequest(request);
  if (isGrpc && request.httpVersionMajor < 2)
    throw new Error("gRPC over HTTP/1.1: the sender's cluster must be HTTP/2");
  const format = formats.find(({ path, grpcPath }) => request.url === (isGrpc ? grpcPath : path));
  if (!format) throw new Error(`no format is sent to ${request.url}`);
  const { encoding, packed } = isGrpc ? unframe(request, body) : { encoding: encodingOf(request), packed: body };
  const message = unpack(encoding, packed);
  return { format, isGrpc, encoding, message, reports: format.decode(message) };
}

export function isGrpcRequest(request: Request): boolean {
  return request.headers["content-type"]?.startsWith("application/grpc") ?? false;
}

/** Reads the single frame of a unary call. */
function unframe(request: Request, body: Buffer): { encoding: string; packed: Buffer } {
  if (body.length < FRAME_HEAD || body.readUInt32BE(1) !== body.length - FRAME_HEAD)
    throw new Error("the body is not one gRPC frame");
  const named = String(request.headers["grpc-encoding"] ?? "");
  return { encoding: body[0] === 1 ? named : "", packed: body.subarray(FRAME_HEAD) };
}

/** Wraps a message in a frame. */
export function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function encodingOf(request: Request): string {
  return String(request.headers["content-encoding"] ?? "");
}

function unpack(encoding: string, packed: Buffer): Buffer {
  if (encoding === "") return packed;
  if (encoding === "deflate") return inflateSync(packed);
  if (encoding === "gzip") return gunzipSync(packed);
  throw new Error(`the encoding ${encoding} is not known here`);
}
