// Senders other than the module, one for each way to reach a collector. Each returns the answer as one word or number.
import { connect, constants } from "node:http2";
import { request } from "node:http";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { PATIENCE_MS } from "../../wait.ts";
import { encodeReport, someSpan } from "../satellite/encode.ts";

const PATH = "/api/v2/reports";
const GRPC_PATH = "/lightstep.collector.CollectorService/Report";
const TYPE = "application/octet-stream";

/** The HTTP or gRPC status, or how the request failed. `retryAfter` is the header, or gRPC's pushback. */
export interface Heard {
  heard: number | "reset" | "garbage" | "cut" | "timeout";
  retryAfter?: string;
}

export type Sender = (port: number, body: Uint8Array, timeoutMs?: number) => Promise<Heard>;

/** A report with a span of this id and a token. */
export function reportOf(...spanIds: string[]): Uint8Array {
  return encodeReport({ token: "t", spans: spanIds.map((spanId) => someSpan({ spanId: spanId.padStart(16, "0") })) });
}

export const overHttp1: Sender = (port, body, timeoutMs = PATIENCE_MS) =>
  new Promise((resolve) => {
    const headers = { "content-type": TYPE, "content-length": body.length, "lightstep-access-token": "t" };
    let hasBegun = false;
    const sent = request({ port, host: "127.0.0.1", path: PATH, method: "POST", headers, agent: false }, (response) => {
      hasBegun = true;
      response.resume();
      response.on("end", () =>
        resolve({ heard: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] }),
      );
      response.on("error", () => resolve({ heard: "cut" }));
    });
    sent.on("error", ({ code }: NodeJS.ErrnoException) => {
      // From Node 24 on, a reset within an answer also fails the request, and does so first.
      const heard = hasBegun ? "cut" : "reset";
      resolve({ heard: code?.startsWith("HPE_") ? "garbage" : heard });
    });
    const timer = setTimeout(() => {
      resolve({ heard: "timeout" });
      sent.destroy();
    }, timeoutMs);
    sent.on("close", () => clearTimeout(timer));
    sent.end(body);
  });

export const overHttp2: Sender = (port, body, timeoutMs = PATIENCE_MS) =>
  new Promise<Heard>((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`).on("error", () => resolve({ heard: "reset" }));
    const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": TYPE });
    let status: number | undefined;
    let retryAfter: string | undefined;
    stream.on("response", (headers) => {
      status = headers[":status"];
      retryAfter = headers["retry-after"] as string | undefined;
    });
    stream.on("error", () => {}).resume();
    stream.on("close", () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) resolve({ heard: status ?? "reset", retryAfter });
      else resolve({ heard: status === undefined ? "reset" : "cut" });
    });
    setTimeout(() => {
      resolve({ heard: "timeout" });
      session.destroy();
    }, timeoutMs).unref();
    stream.end(Buffer.from(body));
  });

export const overGrpc: Sender = (port, body, timeoutMs = PATIENCE_MS) => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("lightstep-access-token", "t");
  const pass = (bytes: Buffer): Buffer => bytes;
  const deadline = Date.now() + timeoutMs;
  return new Promise<Heard>((resolve) => {
    const done = (error: ServiceError | null): void =>
      resolve({ heard: error?.code ?? 0, retryAfter: error?.metadata?.get("grpc-retry-pushback-ms")[0]?.toString() });
    client.makeUnaryRequest(GRPC_PATH, pass, pass, Buffer.from(body), metadata, { deadline }, done);
  }).finally(() => client.close());
};
