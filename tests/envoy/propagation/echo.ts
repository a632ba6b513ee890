// Both ends of a request whose headers matter to the byte: an upstream that answers with the headers it received, and a
// client that writes its own to the socket, so that repetitions, capitals and odd bytes are sent as given. Header
// values are "latin1" strings: one character for each byte.
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Header } from "../../fixtures/propagation.ts";
import { listen, type Listening } from "../ground.ts";
import { PATIENCE_MS } from "../../wait.ts";

export async function startEcho(): Promise<Listening> {
  const server = createServer((request, response) => {
    const { rawHeaders } = request;
    const pairs = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]]] : []));
    response.end(JSON.stringify(pairs));
  });
  return listen(server);
}

/** Sends a GET with these headers through Envoy and returns what reached the upstream. Throws if nothing did. */
export async function send(port: number, path: string, headers: Header[]): Promise<Header[]> {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = `GET ${path} HTTP/1.1\r\nHost: reviews.default:9080\r\n${lines}Connection: close\r\n\r\n`;
  const response = await exchange(port, Buffer.from(request, "latin1"));
  const [head = "", body = ""] = response.split("\r\n\r\n", 2);
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`Envoy answered ${head.split("\r\n", 1)[0] || "nothing"}`);
  // The answer is chunked if Envoy doesn't know its length, so this takes the text between the brackets.
  return JSON.parse(body.slice(body.indexOf("["), body.lastIndexOf("]") + 1)) as Header[];
}

function exchange(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}
