// A client of the chains, over HTTP/1.1 or HTTP/2: where a request went, and how it was answered. It keeps its
// connections: a new one for each of thousands of requests would cost more than the requests.
import { Agent, request as request1 } from "node:http";
import { connect, type ClientHttp2Session } from "node:http2";
import { PATIENCE_MS } from "../../wait.ts";

export type Protocol = "HTTP/1.1" | "HTTP/2";

export interface Question {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  /** The cluster that answered; undefined if Envoy did. */
  cluster: string | undefined;
  headers: Record<string, string | undefined>;
  /** The headers that arrived there. */
  arrived: Map<string, string>;
}

function answerOf(status: number, headers: Answer["headers"], body: string): Answer {
  const cluster = headers["x-cluster"];
  const raw: string[] = cluster === undefined ? [] : JSON.parse(body);
  const arrived = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) arrived.set((raw[i] ?? "").toLowerCase(), raw[i + 1] ?? "");
  return { status, cluster, headers, arrived };
}

export async function ask(protocol: Protocol, port: number, question: Question): Promise<Answer> {
  return protocol === "HTTP/2" ? ask2(port, question) : ask1(port, question);
}

const agent = new Agent({ keepAlive: true });

function ask1(port: number, { method = "GET", path = "/", headers = {} }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = request1({ host: "127.0.0.1", port, method, path, headers, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve(answerOf(response.statusCode ?? 0, response.headers as Answer["headers"], body)),
      );
    });
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error("no answer")));
    request.on("error", reject).end();
  });
}

/** HTTP/2 connections by port. */
const sessions = new Map<number, ClientHttp2Session>();

function sessionTo(port: number): ClientHttp2Session {
  const known = sessions.get(port);
  if (known !== undefined && !known.closed && !known.destroyed) return known;
  const session = connect(`http://127.0.0.1:${port}`);
  // What fails with the connection are the requests on it: they report the error.
  session.on("error", () => undefined).unref();
  sessions.set(port, session);
  return session;
}

function ask2(port: number, { method = "GET", path = "/", headers = {} }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = sessionTo(port).request({ ":method": method, ":path": path, ...headers });
    let status = 0;
    let answered: Answer["headers"] = {};
    let body = "";
    stream.setTimeout(PATIENCE_MS, () => stream.destroy(new Error("no answer")));
    stream.setEncoding("utf8").on("error", reject);
    stream.on("response", (all) => {
      status = all[":status"] ?? 0;
      answered = all as Answer["headers"];
    });
    stream.on("data", (chunk: string) => (body += chunk));
    stream.on("end", () => resolve(answerOf(status, answered, body)));
  });
}
