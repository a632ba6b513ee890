// What can go wrong between client and upstream, on either side of Envoy, and how Envoy reacts.
import { get, http1, post, type Case } from "../case.ts";

export const failures: Case[] = [
  { name: "no route", send: get("/none") },
  { name: "no route in the virtual host", send: get("/u/ok", { host: "nowhere.test" }) },
  { name: "a route to an unknown cluster", send: get("/nowhere/x") },
  { name: "a cluster that the request names", send: get("/named/ok", { "x-cluster": "http1" }) },
  { name: "an unknown cluster that the request names", send: get("/named/ok", { "x-cluster": "none" }) },
  { name: "no healthy upstream", send: get("/empty/x") },
  { name: "an upstream that refuses connections", send: get("/refused/x") },
  { name: "an upstream that is full", send: get("/full/ok") },
  { name: "an upstream that is told to drop", send: get("/dropping/ok") },
  { name: "an upload to no healthy upstream", send: post("/empty/x", "hello") },

  { name: "an upstream reset before headers", send: get("/u/reset") },
  { name: "an upstream reset during the body", delayMs: 200, send: get("/u/broken") },
  { name: "an upstream that closes during the body", delayMs: 200, send: get("/u/closed") },
  { name: "an upstream that talks nonsense", send: get("/u/nonsense") },
  {
    name: "a chunked upload to an upstream that resets",
    send: http1("POST", "/u/reset", { "content-length": "5" }, "hello"),
  },

  { name: "a route timeout", delayMs: 600, send: get("/timeout/never") },
  { name: "a route timeout during the answer", delayMs: 600, send: get("/timeout/stuck") },
  { name: "a stream that lasts too long", delayMs: 600, send: get("/max-duration/never") },
  { name: "a stream that lasts too long during the answer", delayMs: 600, send: get("/max-duration/stuck") },
  { name: "an idle stream before the answer", delayMs: 600, send: get("/idle/never") },
  { name: "an idle stream during the answer", delayMs: 600, send: get("/idle/stuck") },
  {
    name: "an idle stream during the upload",
    delayMs: 600,
    send: http1("POST", "/idle/echo", { "content-length": "10" }, "hello"),
  },

  { name: "a retry that succeeds", send: get("/retry/flaky") },
  { name: "retries that all fail", send: get("/retry/status?code=503") },
  { name: "retries that are refused", send: get("/retry-refused/x") },
  { name: "retries that are too many for the cluster", send: get("/retry-refused-full/x") },
  { name: "retries that talk nonsense", send: get("/retry/nonsense") },
  { name: "retries that are reset", send: get("/retry/reset") },
  { name: "retries after a timeout each", delayMs: 500, send: get("/per-try/never") },
  { name: "a retry of an upload", send: post("/retry/flaky", "hello") },

  {
    name: "client gone before the answer",
    send: (visit) => visit.talk(visit.head("GET", "/u/never"), 150, "reset"),
  },
  {
    name: "client gone during the answer",
    delayMs: 100,
    send: (visit) => visit.talk(visit.head("GET", "/u/stuck"), { until: "0123456789" }, 100, "reset"),
  },
  {
    name: "client gone during the upload",
    send: (visit) =>
      visit.talk(visit.head("POST", "/u/echo", { "content-length": "1000" }), "x".repeat(600), 200, "reset"),
  },
  {
    name: "client gone during retries",
    send: (visit) => visit.talk(visit.head("GET", "/per-try/never"), 150, "reset"),
  },
  {
    name: "HTTP/2 client gone before the answer",
    send: (visit) => visit.http2({ ":path": "/u/never" }, "hello", 200, "reset"),
  },
  {
    name: "HTTP/2 stream reset before the answer",
    send: (visit) => visit.http2({ ":path": "/u/never" }, "hello", 200, "cancel"),
  },
  {
    name: "HTTP/2 stream reset during the answer",
    send: (visit) => visit.http2({ ":path": "/u/stuck" }, "hello", { until: "0123456789" }, "cancel"),
  },
  {
    name: "HTTP/2 client gone during the answer",
    send: (visit) => visit.http2({ ":path": "/u/stuck" }, "hello", { until: "0123456789" }, "reset"),
  },

  { name: "no host", spans: 0, send: get("/u/ok", { host: null }) },
  { name: "an empty host", send: get("/u/ok", { host: "" }) },
  { name: "headers that are too large", spans: 0, send: get("/u/ok", { "x-large": "x".repeat(70_000) }) },
  {
    name: "too many headers",
    spans: 0,
    send: get("/u/ok", { "x-many": Array.from({ length: 120 }, () => "x") }),
  },
  { name: "a malformed request line", spans: 0, send: (visit) => visit.talk("NONSENSE\r\n\r\n") },
  { name: "a malformed header", spans: 0, send: (visit) => visit.talk("GET / HTTP/1.1\r\nno colon\r\n\r\n") },
  {
    name: "a malformed chunk",
    send: http1("POST", "/u/echo", { "transfer-encoding": "chunked" }, "5\r\nhello\r\nzz\r\n"),
  },
  {
    name: "HTTP/1.0 where it is refused",
    spans: 0,
    listener: "strict",
    send: (visit) => visit.talk(visit.head("GET", "/u/ok", {}, "1.0")),
  },
  { name: "a header that is refused", spans: 0, listener: "strict", send: get("/u/ok", { under_score: "x" }) },
  { name: "an escaped slash that is redirected", spans: 0, listener: "strict", send: get("/u%2fok") },
  { name: "a path that is normalised", listener: "strict", send: get("//u/x/../ok") },
  { name: "a path that cannot be normalised", spans: 0, listener: "strict", send: get("/u/%00ok/../..//../..") },
  { name: "a host whose port is stripped", listener: "strict", send: get("/u/ok", { host: "equality.test:8080" }) },
  {
    name: "headers that take too long",
    spans: 0,
    listener: "hurried",
    send: (visit) => visit.talk(visit.head("GET", "/u/ok").slice(0, -2)),
  },
  {
    name: "a request that takes too long",
    delayMs: 600,
    listener: "hurried",
    send: http1("POST", "/u/echo", { "content-length": "10" }, "hello"),
  },
  { name: "an exchange that takes too long", delayMs: 1000, listener: "hurried", send: get("/u/never") },
  {
    name: "an exchange that takes too long during the answer",
    delayMs: 1000,
    listener: "hurried",
    send: get("/u/stuck"),
  },
  { name: "a target that is not a path", spans: 0, send: get("no-path") },
  { name: "a path that escapes", send: get("/u/../ok") },
  { name: "OPTIONS of the server", spans: 0, send: http1("OPTIONS", "*") },
];
