// One case's visit to one Envoy, by a client that controls exactly which bytes go when. Every request has the same
// trace headers, which identify its spans, and a request id that neither Envoy has a reason to change.
import { connect as connectHttp2, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { inTime } from "../../wait.ts";
import type { Http2Answer } from "./upstream.ts";

/** Bytes to send, milliseconds, text or a promise to wait for, or a reset; otherwise the other side closes. */
export type Step = string | Buffer | number | { until: string } | (() => Promise<unknown>) | "reset";

/** A step of an HTTP/2 stream; "cancel" ends only the stream. */
export type Piece = Step | "cancel";

/** The ids that a case's requests carry. The digit at 14 of the request id says: sampled. */
export interface Ids {
  traceId: string;
  parentId: string;
  requestId: string;
}

/** Header fields; null omits a default field, an array repeats a field. */
export type Fields = Record<string, string | string[] | null>;

export class Visit {
  constructor(
    readonly host: string,
    readonly port: number,
    private readonly ids: Ids,
  ) {}

  /** What a request carries by default. */
  private defaults(): Fields {
    const { traceId, parentId, requestId } = this.ids;
    return {
      "user-agent": "equality/1",
      "x-request-id": requestId,
      "x-b3-traceid": traceId,
      "x-b3-spanid": parentId,
      "x-b3-sampled": "1",
    };
  }

  /** The trace context in a single `b3`. */
  b3(decision: "0" | "1" | "d"): string {
    return `${this.ids.traceId}-${this.ids.parentId}-${decision}`;
  }

  /** The head of an HTTP/1 request; the connection closes after the answer unless `fields` keep it open. */
  head(method: string, target: string, fields: Fields = {}, version = "1.1"): string {
    const all: Fields = { host: "equality.test", ...this.defaults(), connection: "close", ...fields };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      [value ?? []].flat().map((each) => `${name}: ${each}\r\n`),
    );
    return `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n`;
  }

  /** Takes these steps on a new connection and waits until it is closed. Returns what was received. */
  async talk(...steps: Step[]): Promise<string> {
    const socket = connect(this.port, this.host).setNoDelay(true);
    let received = "";
    let isClosed = false;
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve((isClosed = true) && undefined)));
    socket.on("error", () => undefined).setEncoding("latin1");
    socket.on("data", (text: string) => (received += text));
    try {
      for (const step of steps) {
        if (isClosed) break;
        if (step === "reset") socket.resetAndDestroy();
        else await take(step, socket, () => received);
      }
      await inTime(closed, () => `the connection stays open; received: ${received}`);
      return received;
    } finally {
      socket.destroy();
    }
  }

  /** One HTTP/2 request; status, headers and trailers do not matter here, only that it ends. */
  async http2(headers: OutgoingHttpHeaders, ...pieces: Piece[]): Promise<void> {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    const session = connectHttp2(`http://${host}:${this.port}`);
    session.on("error", () => undefined);
    try {
      await inTime(this.request(session, headers, pieces), () => `no end of the answer to ${headers[":path"]}`);
    } finally {
      session.destroy();
    }
  }

  private async request(session: ClientHttp2Session, headers: OutgoingHttpHeaders, pieces: Piece[]) {
    const isTunnel = headers[":method"] === "CONNECT" && headers[":protocol"] === undefined;
    const pseudo = { ":authority": "equality.test", ":method": "POST", ...(isTunnel ? {} : { ":scheme": "http" }) };
    const fields = withoutNulls({ ...pseudo, ...this.defaults(), ...headers });
    // The server's settings say what it allows, such as extended CONNECT.
    await new Promise((resolve) => session.once("remoteSettings", resolve).once("close", resolve));
    const stream = session.request(fields, { endStream: pieces.length === 0 });
    const ended = new Promise<void>((resolve) => stream.on("close", resolve));
    let received = "";
    stream.on("error", () => undefined).setEncoding("latin1");
    stream.on("data", (text: string) => (received += text));
    for (const piece of pieces) {
      if (piece === "cancel") stream.close(constants.NGHTTP2_CANCEL);
      else if (piece === "reset") session.destroy();
      else await take(piece, stream, () => received);
    }
    stream.end();
    await ended;
  }

  /** A gRPC call that tells the upstream its answer. */
  grpc(answer: Http2Answer, headers: OutgoingHttpHeaders = {}, messages = 1): Promise<void> {
    const fields = {
      ":path": "/grpc/shop.Cart/Add",
      "content-type": "application/grpc",
      te: "trailers",
      "x-answer": JSON.stringify({ ...answer, headers: { "content-type": "application/grpc", ...answer.headers } }),
      ...headers,
    };
    return this.http2(fields, ...Array.from({ length: messages }, () => Buffer.from([0, 0, 0, 0, 2, 8, 1])));
  }
}

async function take(step: Exclude<Step, "reset">, to: Duplex, received: () => string): Promise<void> {
  if (typeof step === "number") await sleep(step);
  else if (typeof step === "function") await step();
  else if (typeof step === "string" || Buffer.isBuffer(step)) to.write(step);
  else await arrives(step.until, to, received);
}

function arrives(text: string, from: Duplex, received: () => string): Promise<void> {
  const arrival = new Promise<void>((resolve) => {
    const look = (): void => void (received().includes(text) && resolve());
    from.on("data", look).on("close", resolve);
    look();
  });
  return inTime(arrival, () => `${JSON.stringify(text)} did not come; received: ${received()}`);
}

function withoutNulls(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
}
