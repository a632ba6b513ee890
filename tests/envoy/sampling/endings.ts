// The ways in which an unsampled request can end, and what is kept of each. Routes and upstreams are those of the
// comparison with Envoy's own tracer (equality/). Knows what is expected; refuses to know which listener is asked.
import type { Fields, Piece, Step, Visit } from "../equality/visit.ts";

export const protocols = ["HTTP/1.1", "HTTP/2", "HTTP/3"] as const;
export type Protocol = (typeof protocols)[number];

export interface Ending {
  name: string;
  /** Default: all. */
  only?: Protocol[];
  /** Why its span is kept; null if it isn't. */
  kept: "error" | "slow" | null;
  /** The same over HTTP/3, where gRPC's status isn't known, nor an answer in which Envoy says it. */
  keptOverHttp3?: null;
  /** How many streams Lightspan sees; default 1. */
  streams?: number;
  /** `seen` waits until Lightspan has the request. */
  send(visit: Visit, protocol: Protocol, seen: () => Promise<unknown>): Promise<unknown>;
}

/** Makes the trace of a request unsampled. */
const UNSAMPLED: Fields = { "x-b3-sampled": "0" };
const OVER_TCP: Protocol[] = ["HTTP/1.1", "HTTP/2"];
const GRPC: Protocol[] = ["HTTP/2", "HTTP/3"];

/** A request over any protocol, and the steps after its head. */
async function request(visit: Visit, protocol: Protocol, path: string, fields: Fields = {}, ...steps: Step[]) {
  const all = { ...UNSAMPLED, ...fields };
  if (protocol === "HTTP/1.1") return visit.talk(visit.head("GET", path, all), ...steps);
  const pieces: Piece[] = steps.map((step) => (step === "reset" ? "cancel" : step));
  // A null removes a default, which Visit does too; its type for HTTP/2 is Node's.
  return visit.http2({ ":method": "GET", ":path": path, ...(all as Record<string, string>) }, ...pieces);
}

const get =
  (path: string, fields: Fields = {}): Ending["send"] =>
  (visit, protocol) =>
    request(visit, protocol, path, fields);

const socket: Ending["send"] = (visit, protocol) => {
  const steps: Step[] = ["a frame", { until: "a frame" }, 100, "reset"];
  if (protocol === "HTTP/1.1") {
    const head = visit.head("GET", "/u/socket", { ...UNSAMPLED, connection: "Upgrade", upgrade: "websocket" });
    return visit.talk(head, { until: "101 Switching" }, ...steps);
  }
  return visit.http2(
    { ":method": "CONNECT", ":protocol": "websocket", ":path": "/u/socket", "x-b3-sampled": "0" },
    "a frame",
    { until: "a frame" },
    100,
    "cancel",
  );
};

const call =
  (answer: Parameters<Visit["grpc"]>[0], fields: Record<string, string> = {}): Ending["send"] =>
  (visit) =>
    visit.grpc(answer, { "x-b3-sampled": "0", ...fields });

const inTrailers = (status: string) => ({ headers: {}, messages: 1, trailers: { "grpc-status": status } });

/** With `keep_errors`; `excluded` is the path prefix that is excluded. */
export const errors = (excluded: string): Ending[] => [
  { name: "200", kept: null, send: get("/u/ok") },
  { name: "the upstream's 404", kept: null, send: get("/u/status?code=404") },
  { name: "the upstream's 503", kept: "error", send: get("/u/status?code=503") },
  { name: "no healthy upstream", kept: "error", send: get("/empty/x") },
  { name: "a refused connection", kept: "error", send: get("/refused/x") },
  { name: "an upstream reset", kept: "error", send: get("/u/reset") },
  { name: "a route timeout", kept: "error", send: get("/timeout/never") },
  { name: "no route", kept: null, send: get("/none") },
  {
    name: "a client reset before the answer",
    kept: "error",
    send: (visit, protocol, seen) => request(visit, protocol, "/u/never", {}, seen, "reset"),
  },
  {
    name: "a client reset during the answer",
    kept: null,
    send: (visit, protocol) => request(visit, protocol, "/u/stuck", {}, { until: "0123456789" }, "reset"),
  },
  { name: "an earlier filter's 403", only: OVER_TCP, kept: null, send: get("/denied/ok") },
  { name: "an earlier filter's 555", only: OVER_TCP, kept: "error", send: get("/abort/ok") },
  { name: "a later filter's 403", kept: null, send: get("/denied-late/ok") },
  { name: "a direct response", kept: null, send: get("/direct/x") },
  { name: "a direct 500", kept: "error", send: get("/direct-500/x") },
  { name: "a WebSocket", kept: null, send: socket },
  {
    name: "a WebSocket to a refusing upstream",
    only: ["HTTP/1.1"],
    kept: "error",
    send: get("/refused/socket", upgrade),
  },
  // Not over HTTP/3: it would lead from https to http.
  { name: "an internal redirect", only: OVER_TCP, kept: null, streams: 2, send: get("/followed/moved") },
  { name: "a retry that succeeds", kept: null, send: get("/retry/flaky") },
  { name: "retries that all fail", kept: "error", send: get("/retry/status?code=503") },
  { name: "an excluded path", kept: null, send: get(`${excluded}?code=503`) },
  { name: "a bare b3: 0", kept: null, send: get("/direct-500/x", withoutIds({ b3: "0" })) },
  { name: "a bare x-b3-sampled: 0", kept: null, send: get("/direct-500/x", withoutIds({ "x-b3-sampled": "0" })) },
  { name: "gRPC that ends well", only: GRPC, kept: null, send: call(inTrailers("0")) },
  { name: "gRPC that isn't found", only: GRPC, kept: null, send: call(inTrailers("5")) },
  { name: "gRPC's error in trailers", only: GRPC, kept: "error", keptOverHttp3: null, send: call(inTrailers("13")) },
  {
    name: "gRPC's error in headers",
    only: GRPC,
    kept: "error",
    keptOverHttp3: null,
    send: call({ headers: { "grpc-status": "14" } }),
  },
  {
    name: "gRPC to no healthy upstream",
    only: ["HTTP/2"],
    kept: "error",
    send: call({ headers: {} }, { ":path": "/empty/x" }),
  },
  {
    name: "gRPC answered by HTTP 503",
    only: GRPC,
    kept: "error",
    send: call({ headers: { ":status": 503, "content-type": "text/plain" } }),
  },
  {
    name: "gRPC that is reset before the answer",
    only: GRPC,
    kept: "error",
    keptOverHttp3: null,
    send: call({ headers: {}, reset: 7, silent: true }),
  },
];

const upgrade = { connection: "Upgrade", upgrade: "websocket" };

function withoutIds(fields: Fields): Fields {
  return { "x-b3-traceid": null, "x-b3-spanid": null, "x-b3-sampled": null, ...fields };
}

/** With `keep_slower_than_ms: 50`. */
export const slowness: Ending[] = [
  { name: "a slow 200", kept: "slow", send: get("/u/slow?ms=100") },
  { name: "a slow WebSocket", only: OVER_TCP, kept: "slow", send: socket },
  { name: "a route timeout", kept: "slow", send: get("/timeout/never") },
];

/** With both. */
export const both: Ending[] = [
  { name: "a slow 200", kept: "slow", send: get("/u/slow?ms=100") },
  { name: "a slow error", kept: "error", send: get("/timeout/never") },
  { name: "a fast error", kept: "error", send: get("/direct-500/x") },
];

/** With both, where nothing is slow. */
export const patience: Ending[] = [
  { name: "a 200 that isn't slow", kept: null, send: get("/u/slow?ms=100") },
  { name: "an error that isn't slow", kept: "error", send: get("/direct-500/x") },
  { name: "gRPC that isn't slow", only: GRPC, kept: null, send: call(inTrailers("0")) },
];
