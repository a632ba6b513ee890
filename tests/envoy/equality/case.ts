// What a case is: its name, how the traffic of one client goes, and what is known of its spans beforehand. Everything
// else about its spans is for Envoy's own tracer to say.
import type { ListenerName } from "./config.ts";
import type { Fields, Visit } from "./visit.ts";

export interface Case {
  /** As the table of differences in docs/tags.md calls it. */
  name: string;
  send(visit: Visit): Promise<unknown>;
  /** `plain` if not given. */
  listener?: ListenerName;
  /** How many spans Envoy's tracer makes; 1 if not given. */
  spans?: number;
  /** How long the upstream, a timer of Envoy's, or a client that was heard before, makes the request last. */
  delayMs?: number;
  /** The request id comes from Envoy: only its form can be the same. */
  generatesId?: boolean;
}

type Send = Case["send"];

/** One HTTP/1.1 request with its answer. */
export function http1(method: string, target: string, fields: Fields = {}, body = ""): Send {
  return (visit) => visit.talk(visit.head(method, target, fields) + body);
}

/** GET, and nothing else. */
export function get(target: string, fields: Fields = {}): Send {
  return http1("GET", target, fields);
}

/** A request with a body of which the length is announced. */
export function post(target: string, body: string, fields: Fields = {}): Send {
  return http1("POST", target, { "content-length": String(Buffer.byteLength(body)), ...fields }, body);
}

/** An HTTP/2 request with these headers, its body in pieces. */
export function http2(headers: Record<string, string>, ...body: string[]): Send {
  return (visit) => visit.http2(headers, ...body);
}
