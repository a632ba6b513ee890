// HTTP/2 with Node's own client: few connections, each with as many concurrent streams as it has slots.
import { connect, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import { AUTHORITY, PATH, COMMON_HEADERS, type Answered, type Connections, type Slot, type Target } from "./slot.ts";

const STREAMS_PER_CONNECTION = 64;

class Stream implements Slot {
  constructor(
    private readonly session: ClientHttp2Session,
    private readonly headers: OutgoingHttpHeaders,
  ) {}

  send(answered: Answered): void {
    let ok = false;
    const request = this.session.request(this.headers, { endStream: true });
    request.on("response", (headers) => (ok = headers[":status"] === 200));
    request.on("error", () => (ok = false));
    // Emitted after every end, good or bad.
    request.on("close", () => answered(ok && request.rstCode === constants.NGHTTP2_NO_ERROR));
    request.resume();
  }
}

function openSession(port: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on("connect", () => resolve(session));
    session.on("error", reject);
  });
}

/** Opens the connections. Throws if one cannot be opened. */
export async function openHttp2(target: Target): Promise<Connections> {
  const count = Math.ceil(target.streams / STREAMS_PER_CONNECTION);
  const sessions = await Promise.all(Array.from({ length: count }, () => openSession(target.port)));
  const headers = { ":path": PATH, ":authority": AUTHORITY, ...COMMON_HEADERS, ...target.headers };
  const slots: Slot[] = [];
  for (let i = 0; i < target.streams; i++) {
    const session = sessions[i % count];
    if (session !== undefined) slots.push(new Stream(session, headers));
  }
  return { slots, close: () => sessions.forEach((session) => session.destroy()) };
}
