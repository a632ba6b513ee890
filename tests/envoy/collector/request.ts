// One request of either HTTP: its body collected, and what report is in it. The formats are the satellite's; what is
// peculiar to gRPC, a frame of five bytes, is here.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { gunzipSync, inflateSync } from "node:zlib";
import { formats, type Format } from "../../../satellite/receive/formats.ts";
import type { Report } from "../../../satellite/store/report.ts";

export type Request = IncomingMessage | Http2ServerRequest;

/** A report as the answer and the ledger need it. */
export interface Arrived {
  format: Format;
  isGrpc: boolean;
  encoding: string;
  /** Unpacked. */
  message: Buffer;
  reports: Report[];
}

const FRAME_HEAD = 5;

/** The whole body; undefined when the sender goes away before its end. */
export function collect(request: Request): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks)));
    // After the end this changes nothing.
    request.on("close", () => resolve(undefined));
    request.on("error", () => resolve(undefined));
  });
}

/** Throws an Error that says why this is no report. */
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

/** The one frame of a unary call. */
function unframe(request: Request, body: Buffer): { encoding: string; packed: Buffer } {
  if (body.length < FRAME_HEAD || body.readUInt32BE(1) !== body.length - FRAME_HEAD)
    throw new Error("the body is not one gRPC frame");
  const named = String(request.headers["grpc-encoding"] ?? "");
  return { encoding: body[0] === 1 ? named : "", packed: body.subarray(FRAME_HEAD) };
}

/** A message in a frame of its own. */
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
