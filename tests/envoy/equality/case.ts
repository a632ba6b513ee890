// A case: its name, the traffic of one client, and what is known of its spans beforehand. Everything else about its
// spans is up to Envoy's own tracer.
import type { ListenerName } from "./config.ts";
import type { Fields, Visit } from "./visit.ts";

export interface Case {
  /** As in the table of differences in docs/tags.md. */
  name: string;
  send(visit: Visit): Promise<unknown>;
  /** Default: `plain`. */
  listener?: ListenerName;
  /** How many spans Envoy's tracer makes; default 1. */
  spans?: number;
  /** How long the request is known to last: because of the upstream, a timer of Envoy's, or the client. */
  delayMs?: number;
  /** Envoy makes the request id, so only its form can be the same. */
  generatesId?: boolean;
}

type Send = Case["send"];

/** One HTTP/1.1 request with its answer. */
export function http1(method: string, target: string, fields: Fields = {}, body = ""): Send {
  return (visit) => visit.talk(visit.head(method, target, fields) + body);
}

/** A plain GET. */
export function get(target: string, fields: Fields = {}): Send {
  return http1("GET", target, fields);
}

/** A request with a body of announced length. */
export function post(target: string, body: string, fields: Fields = {}): Send {
  return http1("POST", target, { "content-length": String(Buffer.byteLength(body)), ...fields }, body);
}

/** An HTTP/2 request with these headers, its body in pieces. */
export function http2(headers: Record<string, string>, ...body: string[]): Send {
  return (visit) => visit.http2(headers, ...body);
}
