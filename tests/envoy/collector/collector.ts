// A scripted collector for tests. It shows the faults of fault.ts, one after the other, for every format over HTTP/1.1,
// cleartext HTTP/2 and gRPC, all on one port. It can die and come back on that port, and its ledger is exact.
import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answer, refuse, type Response } from "./answer.ts";
import { accept, type Fault } from "./fault.ts";
import { Ledger, type Receipt } from "./ledger.ts";
import { collect, isGrpcRequest, readReport, type Arrived, type Request } from "./request.ts";

/** Every HTTP/2 connection begins with these bytes, and no HTTP/1.1 request does. */
const PREFACE = "PRI";

export class Collector {
  readonly ledger = new Ledger();
  /** The port on 127.0.0.1; it stays the same when the collector comes back. */
  port = 0;
  #script: Fault[] = [accept];
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  /** The last report of each HTTP/1.1 connection. */
  readonly #last = new WeakMap<Socket, Receipt>();
  readonly #http1 = createHttp1((request, response) => void this.#take(request, response));
  readonly #http2 = createHttp2((request, response) => void this.#take(request, response));

  private constructor() {
    // Envoy reuses its connections. Closing one just as a report is sent would be another fault.
    this.#http1.keepAliveTimeout = 0;
  }

  /** Starts a collector that accepts everything until told otherwise. */
  static async start(): Promise<Collector> {
    const collector = new Collector();
    await collector.comeBack();
    return collector;
  }

  /** From now on, each report meets the next of these faults. The last one repeats. */
  behave(...script: [Fault, ...Fault[]]): void {
    this.#script = [...script];
  }

  /** Drops all connections and stops listening, like a killed process. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    const server = createServer((socket) => this.#connect(socket));
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject).listen(this.port, "127.0.0.1", resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #connect(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      doubt(this.#last.get(socket));
    });
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      const speaks2 = first.subarray(0, PREFACE.length).toString("latin1") === PREFACE;
      (speaks2 ? this.#http2 : this.#http1).emit("connection", socket);
    });
  }

  async #take(request: Request, response: Response): Promise<void> {
    // Half of the faults make the sender go away, so errors here are expected.
    response.on("error", () => {});
    const body = await collect(request);
    if (body === undefined) {
      this.ledger.cut++;
      return;
    }
    let arrived: Arrived;
    try {
      arrived = readReport(request, body);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.ledger.broken.push(reason);
      await refuse(isGrpcRequest(request), reason, response);
      return;
    }
    const receipt = receiptOf(arrived, request, body);
    this.ledger.receipts.push(receipt);
    const { socket } = request;
    // Over HTTP/2 the outcome is certain: a sender that gives up resets the stream. A sender that asked for the
    // connection to close says nothing by closing it.
    const isDoubtful = request.httpVersionMajor === 1 && request.headers.connection !== "close";
    if (isDoubtful) this.#last.set(socket, receipt);
    receipt.outcome = await answer(this.#next(), arrived, response);
    if (isDoubtful && socket.destroyed) doubt(receipt);
  }

  #next(): Fault {
    const [next = accept] = this.#script;
    if (this.#script.length > 1) this.#script.shift();
    return next;
  }
}

/**
 * The connection closed after this report without another one, so nobody can tell whether the sender read the answer.
 * If it did, the report was acknowledged; if its cluster was removed just then, for example, it was not.
 */
function doubt(last: Receipt | undefined): void {
  if (last?.outcome === "acknowledged") last.outcome = "unclear";
}

function receiptOf({ format, isGrpc, encoding, reports }: Arrived, request: Request, body: Buffer): Receipt {
  return {
    format: format.name,
    transport: isGrpc ? "grpc" : "http",
    encoding,
    tokenInHeader: request.headers["lightstep-access-token"] !== undefined,
    tokenInBody: reports.some(({ hasAccessToken }) => hasAccessToken),
    bytes: body.length,
    receivedAt: Date.now(),
    spanIds: reports.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)),
  };
}
