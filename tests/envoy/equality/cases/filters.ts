// What filters and routes do themselves: local replies before and after Lightspan, faults, health checks, redirects;
// and exchanges beyond request and answer: upgrades and tunnels.
import { get, http1, post, type Case } from "../case.ts";
import type { Visit } from "../visit.ts";

const upgrade = { connection: "Upgrade", upgrade: "websocket" };
const frame = "a frame";

/** Opens a tunnel, has something echoed, waits and closes it. */
function tunnel(head: (visit: Visit) => string, answer: string): Case["send"] {
  return (visit) => visit.talk(head(visit), { until: answer }, frame, { until: frame }, 100, "reset");
}

export const filters: Case[] = [
  { name: "a redirect by the route", send: get("/redirect/x") },
  { name: "a direct response", send: get("/direct/x") },
  { name: "a direct response to HEAD", send: http1("HEAD", "/direct/x") },
  { name: "a direct response to an upload", send: post("/direct/x", "x".repeat(1000)) },
  { name: "a direct 204", send: get("/direct-204/x") },
  { name: "a direct 500", send: get("/direct-500/x") },

  { name: "denied by an earlier filter", send: get("/denied/ok") },
  { name: "an upload denied by an earlier filter", send: post("/denied/ok", "hello") },
  { name: "denied by a later filter", send: get("/denied-late/ok") },
  { name: "an aborting fault", send: get("/abort/ok") },
  { name: "a fault that aborts gRPC", send: (visit) => visit.grpc({ headers: {} }, { ":path": "/abort-grpc/x" }) },
  { name: "a delaying fault", delayMs: 100, send: get("/delay/ok") },
  { name: "a delaying fault and a refused connection", delayMs: 100, send: get("/delay-refused/ok") },
  { name: "a delaying fault and refused retries", delayMs: 100, send: get("/delay-retry/ok") },
  {
    name: "rate limited",
    spans: 2,
    send: async (visit) => {
      await visit.talk(visit.head("GET", "/limited/ok"));
      await visit.talk(visit.head("GET", "/limited/ok"));
    },
  },
  { name: "an authorization that cannot be asked", spans: 2, send: get("/asking/ok") },
  { name: "headers that the route changes", send: get("/changed/ok") },
  {
    name: "client gone during a delaying fault",
    send: (visit) => visit.talk(visit.head("GET", "/long-delay/ok"), 100, "reset"),
  },

  { name: "a health check", spans: 0, send: get("/healthz") },
  { name: "a health check that passes through", spans: 0, send: get("/u/healthz") },

  { name: "an internal redirect", spans: 2, send: get("/followed/moved") },
  {
    name: "an internal redirect of HTTP/2",
    spans: 2,
    send: (visit) => visit.http2({ ":method": "GET", ":path": "/followed/moved" }),
  },
  { name: "a redirect that is not followed", send: get("/u/moved") },

  { name: "a cluster that Istio named", send: get("/istio/ok") },
  { name: "a cluster with an alternative name", send: get("/alternative/ok") },

  {
    name: "a WebSocket",
    delayMs: 100,
    send: tunnel((visit) => visit.head("GET", "/u/socket", upgrade), "101 Switching"),
  },
  {
    name: "an upgrade that is not enabled",
    spans: 0,
    send: get("/u/socket", { connection: "Upgrade", upgrade: "other" }),
  },
  { name: "a WebSocket to a refusing upstream", send: get("/refused/socket", upgrade) },
  {
    name: "CONNECT",
    delayMs: 100,
    send: tunnel((visit) => visit.head("CONNECT", "equality.test:443", { connection: null }), "200 OK"),
  },

  {
    name: "CONNECT over HTTP/2",
    send: (visit) =>
      visit.http2({ ":method": "CONNECT", ":authority": "equality.test:443" }, frame, { until: frame }, "cancel"),
  },
  {
    name: "a WebSocket over HTTP/2",
    send: (visit) =>
      visit.http2(
        { ":method": "CONNECT", ":protocol": "websocket", ":path": "/u/socket" },
        frame,
        { until: frame },
        "cancel",
      ),
  },

  {
    name: "50 at once",
    spans: 50,
    send: (visit) =>
      Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          visit.talk(
            visit.head("POST", `/u/echo?n=${n}`, {
              "content-length": String(n),
            }) + "x".repeat(n),
          ),
        ),
      ),
  },
];
