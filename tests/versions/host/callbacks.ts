// Which callbacks a stream gets, case by case, and in which order.
import type { Step, Visit } from "../../envoy/equality/visit.ts";
import { hears, protocols, streamsOf, entriesOf, type Ground, type Protocol } from "./ground.ts";
import type { Facts } from "./table.ts";

const section = "callbacks";

interface Case {
  name: string;
  listener?: string;
  only?: Protocol[];
  /** `since` returns the log since the case began. */
  send(visit: Visit, protocol: Protocol, since: () => string): Promise<unknown>;
}

type Headers = Record<string, string>;

/** A request over any protocol, and what happens after its head. */
function exchange(visit: Visit, protocol: Protocol, path: string, steps: Step[] = [], headers: Headers = {}) {
  const { ":method": method = "GET", ...rest } = headers;
  if (protocol === "HTTP/1") return visit.talk(visit.head(method, path, rest), ...steps);
  const pieces = steps.map((step) => (step === "reset" ? "cancel" : step));
  return visit.http2({ ":method": method, ":path": path, ...rest }, ...pieces);
}

function get(path: string, headers: Headers = {}): Case["send"] {
  return (visit, protocol) => exchange(visit, protocol, path, [], headers);
}

/** A client that goes away once the callback has come. */
function resetAfter(path: string, callback: string): Case["send"] {
  return (visit, protocol, since) => exchange(visit, protocol, path, [hears(since, callback), "reset"]);
}

const webSocket: Case["send"] = (visit, protocol) => {
  const steps: Step[] = ["ping", { until: "ping" }, "reset"];
  const headers: Headers =
    protocol === "HTTP/1"
      ? { connection: "upgrade", upgrade: "websocket" }
      : { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http" };
  return exchange(visit, protocol, "/u/ok", protocol === "HTTP/1" ? [{ until: "101" }, ...steps] : steps, headers);
};

const connect: Case["send"] = (visit, protocol) => {
  const steps: Step[] = ["ping", { until: "ping" }, "reset"];
  if (protocol !== "HTTP/1") {
    return visit.http2({ ":method": "CONNECT", ":authority": "tcp.test:80" }, "ping", { until: "ping" }, "cancel");
  }
  return visit.talk("CONNECT tcp.test:80 HTTP/1.1\r\nhost: tcp.test:80\r\n\r\n", { until: "200" }, ...steps);
};

/** The direct response comes while the client still owes most of its body. */
const answeredEarly: Case["send"] = (visit, protocol) => {
  const headers = { ":method": "POST", "content-length": "1000" };
  return exchange(visit, protocol, "/direct/x", ["hello", { until: "stout" }, "reset"], headers);
};

const raw =
  (text: string): Case["send"] =>
  (visit) =>
    visit.talk(text);

const cases: Case[] = [
  { name: "GET", send: get("/u/ok") },
  {
    name: "gRPC",
    only: ["HTTP/2", "HTTP/3"],
    send: (visit) => visit.grpc({ headers: {}, messages: 1, trailers: { "grpc-status": "7" } }),
  },
  { name: "direct response", send: get("/direct/x") },
  { name: "no route", send: get("/none") },
  { name: "connection failure", send: get("/refused/x") },
  { name: "upstream reset before headers", send: get("/u/reset") },
  { name: "route timeout", send: get("/timeout/never") },
  { name: "a later filter's 403", send: get("/denied-late/ok") },
  { name: "an earlier filter's 403", send: get("/denied/ok") },
  { name: "mirrored", send: get("/mirrored/ok") },
  { name: "skipped by a matcher", listener: "matching", send: get("/u/ok", { "x-skip": "yes" }) },
  { name: "disabled on the route", send: get("/disabled/ok") },
  { name: "upstream_http_filters", send: get("/upstream-filter/ok") },
  { name: "upstream_http_filters, no answer", send: get("/upstream-filter/reset") },
  { name: "internal redirect", send: get("/followed/moved") },
  { name: "client reset before the answer", send: resetAfter("/u/never", "rh") },
  { name: "client reset during the answer", send: resetAfter("/u/stuck", "sh") },
  { name: "answered before the upload ended", send: answeredEarly },
  // Not over HTTP/3: the client's end races with its reset, and only the reset has a log.
  { name: "WebSocket, cut", only: ["HTTP/1", "HTTP/2"], send: webSocket },
  { name: "CONNECT, cut", only: ["HTTP/1", "HTTP/2"], send: connect },
  {
    name: "access log flushed in mid-stream",
    listener: "flushing",
    send: (visit, protocol) => exchange(visit, protocol, "/u/slow?ms=100"),
  },
  { name: "no host", only: ["HTTP/1"], send: raw("GET /u/ok HTTP/1.1\r\n\r\n") },
  { name: "bad bytes", only: ["HTTP/1"], send: raw("NONSENSE\r\n\r\n") },
  { name: "HTTP/1.0", only: ["HTTP/1"], send: raw("GET /u/ok HTTP/1.0\r\n\r\n") },
  {
    name: "no host",
    only: ["HTTP/2"],
    send: (visit) => visit.http2({ ":method": "GET", ":path": "/u/ok", ":authority": "" }),
  },
  {
    name: "client gone within the headers",
    only: ["HTTP/1"],
    send: (visit) => visit.talk("GET /u/ok HTTP/1.1\r\nhost: x", 50, "reset"),
  },
];

export function callbacksOf(log: string): string {
  return (
    streamsOf(entriesOf(log))
      .map((stream) => stream.map(({ callback }) => callback).join(" "))
      .join(", then ") || "none"
  );
}

export async function measureCallbacks(ground: Ground, facts: Facts): Promise<void> {
  for (const { name, listener = "plain", only = protocols, send } of cases) {
    for (const protocol of only) {
      const fact = [section, name, protocol].join(", ");
      const wanted = ground.expected.get(fact);
      const seen = await ground.observe(
        listener,
        protocol,
        (since) => send(ground.visit(listener, protocol), protocol, since),
        callbacksOf,
        (value) => value === wanted,
      );
      facts.set(fact, seen);
    }
  }
}
