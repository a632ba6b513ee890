// Repeats cases of the other files over HTTP/3: those that a client Envoy can pass on unchanged.
import type { Case } from "../case.ts";
import { failures } from "./failures.ts";
import { filters } from "./filters.ts";
import { grpc } from "./grpc.ts";
import { headers } from "./headers.ts";
import { http } from "./http.ts";

const NAMES = [
  ...["GET", "HEAD", "POST", "DELETE", "a custom method", "HTTP/2 with a body", "a query", "a path of 300 bytes"],
  ...["an original path", "a request body", "bodies in both directions", "a chunked answer", "a slow answer"],
  ...["204 from the upstream", "301 from the upstream", "404 from the upstream", "503 from the upstream"],
  ...["no user agent", "two user agents", "a downstream cluster", "a client trace id", "no request id"],
  ...["b3 in one header", "debug", "not sampled", "a trace that starts here", "a trace id without a decision"],
  ...["no route", "a route to an unknown cluster", "no healthy upstream", "an upstream that refuses connections"],
  ...["an upstream reset before headers", "an upstream reset during the body", "a route timeout"],
  ...["a stream that lasts too long", "an idle stream before the answer", "an idle stream during the answer"],
  ...["a retry that succeeds", "retries that all fail", "retries that are refused", "retries after a timeout each"],
  ...["HTTP/2 stream reset before the answer", "HTTP/2 stream reset during the answer"],
  ...["a redirect by the route", "a direct response", "a direct response to an upload", "a direct 204"],
  ...["denied by an earlier filter", "denied by a later filter", "an aborting fault", "a delaying fault"],
  ...["a cluster that Istio named", "a redirect that is not followed"],
  ...["gRPC unary", "gRPC status 5 in trailers", "gRPC status 13 in trailers", "gRPC status 13 in headers"],
  ...["gRPC to no healthy upstream", "gRPC without a route"],
];

const others = [...http, ...headers, ...failures, ...filters, ...grpc];

function overHttp3(name: string): Case {
  const found = others.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return { ...found, name: `HTTP/3: ${name}`, listener: "http3" };
}

export const http3: Case[] = [
  ...NAMES.map(overHttp3),
  // Envoy's span then has no request id, and ours has a different one each time.
  { ...overHttp3("headers that the route changes"), generatesId: true },
];
