// Request headers that become tags or change how Envoy sees the request.
import { get, http2, type Case } from "../case.ts";

const forwarded = { "x-forwarded-for": "198.51.100.7, 203.0.113.9" };

const noB3 = { "x-b3-traceid": null, "x-b3-spanid": null, "x-b3-sampled": null };

export const headers: Case[] = [
  { name: "no user agent", send: get("/u/ok", { "user-agent": null }) },
  { name: "an empty user agent", send: get("/u/ok", { "user-agent": "" }) },
  { name: "two user agents", send: get("/u/ok", { "user-agent": ["one", "two"] }) },
  {
    name: "a user agent that is no UTF-8",
    send: (visit) => visit.talk(Buffer.from(visit.head("GET", "/u/ok", { "user-agent": "caf\u00e9" }), "latin1")),
  },
  { name: "a user agent of 2000 bytes", send: get("/u/ok", { "user-agent": "a".repeat(2000) }) },
  { name: "a user agent with quotes", send: get("/u/ok", { "user-agent": 'a "b" \\c <d>\t\u00e9' }) },
  { name: "a downstream cluster", send: get("/u/ok", { "x-envoy-downstream-service-cluster": "productpage" }) },
  { name: "an empty downstream cluster", send: get("/u/ok", { "x-envoy-downstream-service-cluster": "" }) },
  { name: "a client trace id", send: get("/u/ok", { "x-client-trace-id": "mine" }) },
  { name: "an empty client trace id", send: get("/u/ok", { "x-client-trace-id": "" }) },
  { name: "no request id", generatesId: true, send: get("/u/ok", { "x-request-id": null }) },
  { name: "an empty request id", generatesId: true, send: get("/u/ok", { "x-request-id": "" }) },
  { name: "a request id that is not a UUID", send: get("/u/ok", { "x-request-id": "mine" }) },
  {
    name: "a request id that is not traced yet",
    generatesId: true,
    send: get("/u/ok", { "x-request-id": "a0b1c2d3-0000-4000-8000-00000000000f" }),
  },
  { name: "x-forwarded-for at an inner hop", send: get("/u/ok", forwarded) },
  { name: "x-forwarded-for at an edge", listener: "edge", generatesId: true, send: get("/u/ok", forwarded) },
  {
    name: "x-forwarded-for at an edge behind a trusted hop",
    listener: "second hop",
    generatesId: true,
    send: get("/u/ok", forwarded),
  },
  { name: "no x-forwarded-for at an edge", listener: "edge", generatesId: true, send: get("/u/ok") },
  {
    name: "a client behind the PROXY protocol",
    listener: "proxied",
    send: (visit) => visit.talk("PROXY TCP4 203.0.113.9 127.0.0.1 1234 80\r\n", visit.head("GET", "/u/ok")),
  },
  { name: "a client that a header tells", listener: "detecting", send: get("/u/ok", { "x-real-ip": "203.0.113.9" }) },
  { name: "a client that no header tells", spans: 0, listener: "detecting", send: get("/u/ok") },
  {
    name: "a user with a password before the host",
    send: get("/u/ok", { host: "user:secret@equality.test" }),
  },
  { name: "x-forwarded-proto", send: get("/u/ok", { "x-forwarded-proto": "https" }) },
  { name: "x-forwarded-proto over HTTP/2", send: http2({ ":path": "/u/ok", "x-forwarded-proto": "https" }) },
  { name: "x-forwarded-proto that is not a scheme", send: get("/u/ok", { "x-forwarded-proto": "foo" }) },
  { name: "x-forwarded-host", send: get("/u/ok", { "x-forwarded-host": "front.test" }) },
  { name: "x-envoy-decorator-operation", send: get("/u/ok", { "x-envoy-decorator-operation": "theirs" }) },
  { name: "IPv6", listener: "ipv6", send: get("/u/ok") },
  { name: "a call of our own", listener: "outbound", send: get("/u/ok") },
  { name: "a call of our own that fails", listener: "outbound", send: get("/refused/x") },

  { name: "b3 in one header", send: (visit) => visit.talk(visit.head("GET", "/u/ok", { ...noB3, b3: visit.b3("1") })) },
  { name: "debug", send: (visit) => visit.talk(visit.head("GET", "/u/ok", { ...noB3, b3: visit.b3("d") })) },
  { name: "not sampled", spans: 0, send: get("/u/ok", { "x-b3-sampled": "0" }) },
  { name: "not sampled, in one header", spans: 0, send: get("/u/ok", { ...noB3, b3: "0" }) },
  { name: "a trace that starts here", send: get("/u/ok", noB3) },
  { name: "a trace id without a decision", send: get("/u/ok", { "x-b3-sampled": null }) },
];
