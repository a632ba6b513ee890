// A collector for tests that does what it is told: every fault of fault.ts, one after the other, for every format over HTTP/1.1,
// HTTP/2 in the clear and gRPC, all on one port. It dies and comes back on that port, and its ledger is exact.
import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answer, refuse, type Response } from "./answer.ts";
import { accept, type Fault } from "./fault.ts";
import { Ledger, type Receipt } from "./ledger.ts";
import { collect, isGrpcRequest, readReport, type Arrived, type Request } from "./request.ts";

/** How every connection of HTTP/2 begins; no request of HTTP/1.1 begins with its first three bytes. */
const PREFACE = "PRI";
/** An answer is read in less. */
const DOUBTFUL_MS = 100;

export class Collector {
  readonly ledger = new Ledger();
  /** Of 127.0.0.1, from the first start on. */
  port = 0;
  #script: Fault[] = [accept];
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  /** The last answer on each connection, and when it went out. */
  readonly #answered = new WeakMap<Socket, { receipt: Receipt; at: number }>();
  readonly #http1 = createHttp1((request, response) => void this.#take(request, response));
  readonly #http2 = createHttp2((request, response) => void this.#take(request, response));

  private constructor() {
    // Envoy keeps its connections; one that closes just as a report sets out would be one more fault.
    this.#http1.keepAliveTimeout = 0;
  }

  /** One that accepts everything, until it is told otherwise. */
  static async start(): Promise<Collector> {
    const collector = new Collector();
    await collector.comeBack();
    return collector;
  }

  /** From now on each report meets the next of these, and all after them the last. */
  behave(...script: [Fault, ...Fault[]]): void {
    this.#script = [...script];
  }

  /** Drops all connections and listens no more: a process that was killed. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) {
      this.#doubt(socket);
      socket.resetAndDestroy();
    }
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
    socket.on("close", (wasReset) => {
      this.#sockets.delete(socket);
      if (wasReset) this.#doubt(socket);
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
    // A sender that goes away is what half of the faults are about.
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
    receipt.outcome = await answer(this.#next(), arrived, response);
    // Over HTTP/2 it is known by now: a sender that gives up resets the stream.
    if (request.httpVersionMajor === 1) this.#answered.set(request.socket, { receipt, at: Date.now() });
  }

  /** A connection that was reset right behind an answer: nobody may have read that any more. */
  #doubt(socket: Socket): void {
    const last = this.#answered.get(socket);
    if (last?.receipt.outcome === "acknowledged" && Date.now() - last.at < DOUBTFUL_MS)
      last.receipt.outcome = "unclear";
  }

  #next(): Fault {
    const [next = accept] = this.#script;
    if (this.#script.length > 1) this.#script.shift();
    return next;
  }
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
