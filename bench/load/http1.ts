// HTTP/1.1 over raw sockets, with one keep-alive connection per slot. The request's bytes are made once, and an answer
// is read only to find its end. Knows the one answer that the bench's upstream gives.
import { connect, type Socket } from "node:net";
import { AUTHORITY, PATH, COMMON_HEADERS, type Answered, type Connections, type Slot, type Target } from "./slot.ts";

const HEAD_END = "\r\n\r\n";
/** How every good answer ends: the end of its head, and the upstream's two-byte body. */
const GOOD_END = Buffer.from(`${HEAD_END}ok`);
/** Position of the status in `HTTP/1.1 200 OK`. */
const STATUS_AT = 9;

class Connection implements Slot {
  #answered: Answered | undefined;
  #partial = "";

  private constructor(
    private readonly socket: Socket,
    private readonly request: Buffer,
  ) {}

  static open(port: number, request: Buffer): Promise<Connection> {
    return new Promise((resolve, reject) => {
      // One buffer per connection instead of a new one per answer.
      const onread = {
        buffer: Buffer.allocUnsafe(16384),
        callback: (size: number, buffer: Uint8Array): boolean => {
          connection.#read(buffer as Buffer, size);
          return true;
        },
      };
      const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
      const connection = new Connection(socket, request);
      socket.on("connect", () => resolve(connection));
      socket.on("error", reject);
      socket.on("close", () => connection.#end(false));
    });
  }

  send(answered: Answered): void {
    this.#answered = answered;
    if (this.socket.destroyed) setImmediate(() => this.#end(false));
    else this.socket.write(this.request);
  }

  close(): void {
    this.socket.destroy();
  }

  #read(buffer: Buffer, size: number): void {
    const begins = this.#partial === "" && buffer.toString("latin1", STATUS_AT, STATUS_AT + 3) === "200";
    const ends = buffer.compare(GOOD_END, 0, GOOD_END.length, size - GOOD_END.length, size) === 0;
    if (begins && size > 64 && ends) return this.#end(true);
    this.#readSlowly(buffer.toString("latin1", 0, size));
  }

  /** For an answer in several pieces, or an unexpected one. */
  #readSlowly(piece: string): void {
    this.#partial += piece;
    const head = this.#partial.indexOf(HEAD_END);
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#partial.slice(0, head))?.[1] ?? 0);
    if (this.#partial.length < head + HEAD_END.length + length) return;
    this.#end(this.#partial.startsWith("200", STATUS_AT));
  }

  #end(ok: boolean): void {
    this.#partial = "";
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(ok);
  }
}

function requestOf(target: Target): Buffer {
  const headers = { host: AUTHORITY, ...COMMON_HEADERS, ...target.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`GET ${PATH} HTTP/1.1`, ...lines].join("\r\n") + HEAD_END);
}

/** Opens the connections. Throws if one cannot be opened. */
export async function openHttp1(target: Target): Promise<Connections> {
  const request = requestOf(target);
  const opening = Array.from({ length: target.streams }, () => Connection.open(target.port, request));
  const connections = await Promise.all(opening);
  return { slots: connections, close: () => connections.forEach((connection) => connection.close()) };
}
