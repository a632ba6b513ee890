// One collector: receives one Envoy's reports, answers as their format requires, and counts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { decodeReport, encodeResponse } from "../../satellite/receive/lightstep.ts";
import { countSpans, type Format } from "./count.ts";

/** What arrived. `wireBytes` are all bytes on the sockets, including heads and chunk sizes. */
export interface Tally {
  reports: number;
  spans: number;
  bodyBytes: number;
  wireBytes: number;
  connections: number;
  /** The first few faults found in reports. */
  faults: string[];
}

/**
 * Status of success. Envoy's OpenTelemetry tracer logs an error for any but 200; its Zipkin tracer accepts only 202.
 */
const STATUS: Record<Format, number> = { lightstep: 200, otlp: 200, zipkin: 202 };
const TYPE: Record<Format, string> = {
  lightstep: "application/octet-stream",
  otlp: "application/x-protobuf",
  zipkin: "text/plain",
};
const MAX_FAULTS = 3;

export class Intake {
  readonly #tally: Tally = { reports: 0, spans: 0, bodyBytes: 0, wireBytes: 0, connections: 0, faults: [] };
  readonly #sockets = new Set<Socket>();
  /** Lightstep reports counted but not yet decoded: decoding waits until nothing is measured. */
  #undecoded: Buffer[] = [];

  private constructor(
    private readonly format: Format,
    private readonly server: Server,
  ) {
    server.keepAliveTimeout = 0;
    server.on("request", (request, response) => this.#take(request, response));
    server.on("connection", (socket: Socket) => this.#watch(socket));
  }

  static open(format: Format): Promise<Intake> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(new Intake(format, server)));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Spans so far; cheap to read. */
  get spans(): number {
    return this.#tally.spans;
  }

  /** The tally, after decoding every Lightstep report with the decoder that Lightstep published. */
  tally(): Tally {
    for (const body of this.#undecoded) this.#check(body);
    this.#undecoded = [];
    let wireBytes = this.#tally.wireBytes;
    for (const socket of this.#sockets) wireBytes += socket.bytesRead;
    return { ...this.#tally, wireBytes };
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  #watch(socket: Socket): void {
    this.#tally.connections++;
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#tally.wireBytes += socket.bytesRead;
    });
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.#count(Buffer.concat(chunks));
      const now = Date.now() * 1000;
      const body = this.format === "lightstep" ? encodeResponse({ receiveMicros: now, transmitMicros: now }) : "";
      response.writeHead(STATUS[this.format], { "content-type": TYPE[this.format], "content-length": body.length });
      response.end(body);
    });
  }

  #count(body: Buffer): void {
    this.#tally.reports++;
    this.#tally.bodyBytes += body.length;
    try {
      this.#tally.spans += countSpans(this.format, body);
      if (this.format === "lightstep") this.#undecoded.push(body);
    } catch (error) {
      this.#fault(error);
    }
  }

  #check(body: Buffer): void {
    try {
      const decoded = decodeReport(body).spans.length;
      const counted = countSpans("lightstep", body);
      if (decoded !== counted) this.#fault(`${counted} spans in a report of which ${decoded} can be decoded`);
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(what: unknown): void {
    if (this.#tally.faults.length < MAX_FAULTS)
      this.#tally.faults.push(what instanceof Error ? what.message : `${what}`);
  }
}
