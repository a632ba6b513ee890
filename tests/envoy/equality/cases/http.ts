// HTTP itself: methods, versions, targets, bodies and answers without any failure.
import { get, http1, http2, post, type Case } from "../case.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
const chunks = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
const okHttp2 = { "x-answer": JSON.stringify({ headers: { ":status": 200 }, messages: 2 }) };

/** A path that a client can only send as the original one: HTTP/1 allows only ASCII in its request line. */
function originalPath(path: string | Buffer): Case["send"] {
  return (visit) => {
    const [start = "", end = ""] = visit.head("GET", "/u/ok", { "x-envoy-original-path": "HERE" }).split("HERE");
    return visit.talk(start, path, end);
  };
}

export const http: Case[] = [
  ...methods.map((method): Case => ({ name: method, send: http1(method, "/u/ok") })),
  { name: "a custom method", send: http1("PURGE", "/u/ok") },

  { name: "HTTP/1.0", send: (visit) => visit.talk(visit.head("GET", "/u/ok", {}, "1.0")) },
  { name: "HTTP/1.0 without a host", send: (visit) => visit.talk(visit.head("GET", "/u/ok", { host: null }, "1.0")) },
  {
    name: "HTTP/1.1, two requests on one connection",
    spans: 2,
    send: (visit) =>
      visit.talk(
        visit.head("GET", "/u/ok?first", { connection: null }),
        { until: "hello" },
        visit.head("GET", "/u/ok?second"),
      ),
  },
  {
    name: "HTTP/1.1, pipelined",
    spans: 2,
    send: (visit) =>
      visit.talk(visit.head("GET", "/u/ok?first", { connection: null }) + visit.head("GET", "/u/ok?second")),
  },
  { name: "HTTP/2", send: http2({ ":method": "GET", ":path": "/u/ok" }) },
  { name: "HTTP/2 to an HTTP/2 upstream", send: http2({ ":method": "GET", ":path": "/grpc/a", ...okHttp2 }) },
  { name: "HTTP/2 with a body", send: http2({ ":path": "/u/echo" }, "hello", " world") },
  { name: "HTTP/2 in another scheme", send: http2({ ":method": "GET", ":path": "/u/ok", ":scheme": "https" }) },
  { name: "an absolute target", send: get("http://other.test/u/ok?a=1") },
  { name: "a host with a port", send: get("/u/ok", { host: "equality.test:8080" }) },

  { name: "a query", send: get("/u/ok?a=1&b=%20&c") },
  { name: "a fragment", spans: 0, send: get("/u/ok?a=1#part") },
  { name: "a path of 256 bytes", send: get(`/u/ok/${"p".repeat(250)}`) },
  { name: "a path of 300 bytes", send: get(`/u/ok/${"p".repeat(294)}`) },
  { name: "a query cut off", send: get(`/u/ok?${"q".repeat(400)}`) },
  { name: "a path cut between percent escapes", send: get(`/u/ok/${"%C3%A9".repeat(60)}`) },
  { name: "a path cut inside a percent escape", send: get(`/u/ok/x${"%C3%A9".repeat(60)}`) },
  { name: "a path of UTF-8, which HTTP/1 refuses", spans: 0, send: get("/u/ok/café") },
  { name: "a path of UTF-8", send: originalPath("/café") },
  { name: "a path cut between UTF-8 characters", send: originalPath(`/x${"é".repeat(150)}`) },
  { name: "a path cut inside a UTF-8 character", send: originalPath(`/${"é".repeat(150)}`) },
  { name: "a path that is no UTF-8", send: originalPath(Buffer.from("/\u00e9\u00ff.", "latin1")) },
  { name: "a path with a space in quotes", send: get('/u/ok/%22a%20b%22\\"') },
  { name: "an original path", send: get("/rewritten/ok?a=1") },
  { name: "an original path of 300 bytes", send: get(`/rewritten/ok/${"p".repeat(286)}`) },
  { name: "an empty original path", send: get("/u/ok", { "x-envoy-original-path": "" }) },
  { name: "an original path from the client", send: get("/u/ok", { "x-envoy-original-path": "/of/the/client" }) },

  { name: "a request body", send: post("/u/ok", "x".repeat(1000)) },
  { name: "bodies in both directions", send: post("/u/echo", "x".repeat(100_000)) },
  { name: "a chunked request", send: http1("POST", "/u/echo", { "transfer-encoding": "chunked" }, chunks) },
  { name: "a chunked answer", send: get("/u/chunked") },
  { name: "a chunked answer to HTTP/2", send: http2({ ":method": "GET", ":path": "/u/chunked" }) },
  {
    name: "100-continue",
    send: (visit) =>
      visit.talk(
        visit.head("POST", "/u/echo", { expect: "100-continue", "content-length": "5" }),
        { until: "100 Continue" },
        "hello",
      ),
  },
  { name: "103 early hints", send: get("/u/hints") },
  { name: "a GET with a body", send: http1("GET", "/u/echo", { "content-length": "3" }, "abc") },
  { name: "a slow answer", send: get("/u/slow?ms=150"), delayMs: 150 },
  {
    name: "a slow upload",
    delayMs: 150,
    send: (visit) =>
      visit.talk(
        visit.head("POST", "/u/echo", { expect: "100-continue", "content-length": "5" }),
        { until: "100 Continue" },
        "he",
        150,
        "llo",
      ),
  },

  ...[204, 304, 301, 400, 401, 404, 429, 499, 500, 503, 504, 599].map((code): Case => ({
    name: `${code} from the upstream`,
    send: get(`/u/status?code=${code}`),
  })),
];
