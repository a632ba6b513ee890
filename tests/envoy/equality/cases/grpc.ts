// gRPC: where the status is, which statuses are errors, and everything that only looks like gRPC.
import { get, http2, type Case } from "../case.ts";

const ok = { headers: {}, messages: 1, trailers: { "grpc-status": "0" } };

function inTrailers(status: string, message?: string) {
  const trailers = { "grpc-status": status, ...(message === undefined ? {} : { "grpc-message": message }) };
  return { headers: {}, messages: 1, trailers };
}

function inHeaders(status: string, message?: string) {
  return { headers: { "grpc-status": status, ...(message === undefined ? {} : { "grpc-message": message }) } };
}

const statuses = [...Array.from({ length: 17 }, (_, code) => String(code)), "17", "99", "-1", "nonsense", ""];

export const grpc: Case[] = [
  { name: "gRPC unary", send: (visit) => visit.grpc(ok) },
  { name: "gRPC streaming", send: (visit) => visit.grpc({ ...ok, messages: 5 }, {}, 5) },
  ...statuses.map((status): Case => ({
    name: `gRPC status ${status || "empty"} in trailers`,
    send: (visit) => visit.grpc(inTrailers(status)),
  })),
  ...["0", "5", "13"].map((status): Case => ({
    name: `gRPC status ${status} in headers`,
    send: (visit) => visit.grpc(inHeaders(status)),
  })),
  { name: "gRPC message in trailers", send: (visit) => visit.grpc(inTrailers("5", "not here%21 caf\u00e9")) },
  { name: "gRPC message in headers", send: (visit) => visit.grpc(inHeaders("5", "not here")) },
  { name: "gRPC with an empty message", send: (visit) => visit.grpc(inTrailers("5", "")) },
  {
    name: "gRPC status in headers and in trailers",
    send: (visit) =>
      visit.grpc({
        headers: { "grpc-status": "13", "grpc-message": "early" },
        messages: 1,
        trailers: { "grpc-status": "5" },
      }),
  },
  {
    name: "gRPC status in headers, message in trailers",
    send: (visit) => visit.grpc({ headers: { "grpc-status": "5" }, messages: 1, trailers: { "grpc-message": "late" } }),
  },
  {
    name: "gRPC message without a status",
    send: (visit) => visit.grpc({ headers: {}, messages: 1, trailers: { "grpc-message": "alone" } }),
  },
  { name: "gRPC without a status", send: (visit) => visit.grpc({ headers: {}, messages: 1 }) },
  {
    name: "gRPC answered by HTTP 503",
    send: (visit) => visit.grpc({ headers: { ":status": 503, "content-type": "text/plain" } }),
  },
  { name: "gRPC timeout", send: (visit) => visit.grpc(ok, { "grpc-timeout": "10S" }) },
  { name: "gRPC in a format", send: (visit) => visit.grpc(ok, { "content-type": "application/grpc+proto" }) },
  { name: "gRPC with a parameter", send: (visit) => visit.grpc(ok, { "content-type": "application/grpc;v=1" }) },
  { name: "gRPC in capitals", send: (visit) => visit.grpc(ok, { "content-type": "Application/GRPC" }) },
  { name: "gRPC-Web", send: (visit) => visit.grpc(ok, { "content-type": "application/grpc-web+proto" }) },
  {
    name: "gRPC-Web with an error",
    send: (visit) => visit.grpc(inHeaders("13"), { "content-type": "application/grpc-web" }),
  },
  { name: "gRPC reset during the answer", send: (visit) => visit.grpc({ headers: {}, messages: 1, reset: 2 }) },
  { name: "gRPC reset before the answer", send: (visit) => visit.grpc({ headers: {}, reset: 7, silent: true }) },
  {
    name: "gRPC retries that are reset",
    send: (visit) => visit.grpc({ headers: {}, reset: 2, silent: true }, { ":path": "/retry-grpc/shop.Cart/Add" }),
  },
  { name: "gRPC to no healthy upstream", send: (visit) => visit.grpc(ok, { ":path": "/empty/x" }) },
  { name: "gRPC without a route", send: (visit) => visit.grpc(ok, { ":path": "/none" }) },
  {
    name: "gRPC client gone",
    send: (visit) => visit.http2({ ":path": "/u/never", "content-type": "application/grpc" }, "hello", 200, "reset"),
  },
  { name: "gRPC status outside gRPC", send: get("/u/grpc-status?is=13") },
  { name: "gRPC status 0 outside gRPC", send: get("/u/grpc-status?is=0") },
  {
    name: "gRPC status in trailers outside gRPC",
    send: http2({ ":path": "/grpc/x", "x-answer": JSON.stringify(inTrailers("13", "hidden")) }, "hello"),
  },
];
