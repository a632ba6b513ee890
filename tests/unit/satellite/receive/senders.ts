// Sends reports over HTTP and gRPC with clients that are not ours.

import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { Satellite } from "../../../../satellite/server.ts";
import { SPAN_ID, TRACE_ID } from "../otlp.ts";

/** OTLP's path over gRPC. */
export const EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** The body of a Zipkin report with one span. */
export function zipkin(changes: object = {}): Buffer {
  const ids = { traceId: TRACE_ID, id: SPAN_ID };
  return Buffer.from(
    JSON.stringify([
      { ...ids, timestamp: 1, duration: 1, localEndpoint: { serviceName: "reviews.default" }, ...changes },
    ]),
  );
}

/** Posts a body; returns the status, the type and the bytes of the answer. */
export async function send(
  satellite: Satellite,
  path: string,
  type: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
) {
  const request = { method: "POST", headers: { "content-type": type, ...headers }, body: Buffer.from(body) };
  const response = await fetch(satellite.url + path, request);
  const answer = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type"), body: answer };
}

/** Makes one unary call; bytes in, bytes out. */
export function call(
  satellite: Satellite,
  path: string,
  body: Uint8Array,
  options: { token?: string; deflate?: boolean } = {},
): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${satellite.grpcPort}`, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": options.deflate ? 1 : 0,
  });
  const metadata = new Metadata();
  if (options.token) metadata.set("lightstep-access-token", options.token);
  const pass = (bytes: Buffer): Buffer => bytes;
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, Buffer.from(body), metadata, (error, answer) => {
      if (error) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    });
  }).finally(() => client.close());
}
