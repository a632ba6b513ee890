// Receives reports over gRPC. It needs a port of its own, because gRPC starts with HTTP/2 right away and an HTTP/1.1
// server does not understand that. The library does framing, compression and limits; the formats decode the messages.

import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { handleUnaryCall, MethodDefinition } from "@grpc/grpc-js";
import { MAX_BODY_BYTES } from "./body.ts";
import { formats } from "./formats.ts";
import type { Format } from "./formats.ts";
import type { Intake } from "./intake.ts";
import { ReportError } from "../store/report.ts";

export interface GrpcReceiver {
  port: number;
  /** Stops listening and drops open connections. */
  close(): void;
}

/** Starts listening; port 0 takes any free one. Throws an Error that names a port it cannot have. */
export function startGrpc(intake: Intake, host: string, port: number): Promise<GrpcReceiver> {
  const server = new Server({ "grpc.max_receive_message_length": MAX_BODY_BYTES });
  addFormats(server, intake);
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, taken) => {
      if (error) reject(new Error(`cannot listen on port ${port} of ${host} for gRPC: ${error.message}`));
      else resolve({ port: taken, close: () => server.forceShutdown() });
    });
  });
}

const pass = (bytes: Buffer): Buffer => bytes;

/** Adds a method for each format that has a path over gRPC. */
function addFormats(server: Server, intake: Intake): void {
  for (const format of formats) {
    if (format.grpcPath === undefined) continue;
    const method: MethodDefinition<Buffer, Buffer> = {
      path: format.grpcPath,
      requestStream: false,
      responseStream: false,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    };
    server.addService({ report: method }, { report: receiver(format, intake) });
  }
}

function receiver(format: Format, intake: Intake): handleUnaryCall<Buffer, Buffer> {
  return (call, answer) => {
    const receiveMicros = Date.now() * 1000;
    const token = call.metadata.get("lightstep-access-token")[0]?.toString();
    try {
      intake.take({ format, transport: "grpc", body: call.request, token });
      answer(null, Buffer.from(format.accept(receiveMicros).body));
    } catch (error) {
      intake.reject();
      const code = error instanceof ReportError ? status.INVALID_ARGUMENT : status.INTERNAL;
      answer({ code, details: error instanceof Error ? error.message : String(error) });
    }
  };
}
