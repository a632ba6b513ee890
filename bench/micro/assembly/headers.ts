// Request headers as the host passes them, for the other files here.
import { encodePairs } from "../../../assembly/bytes/fields";
import { Slice } from "../../../assembly/bytes/slice";

const NAMES: string[] = [
  ":authority",
  ":path",
  ":method",
  ":scheme",
  "user-agent",
  "accept",
  "x-forwarded-proto",
  "x-request-id",
  "x-envoy-expected-rq-timeout-ms",
];
const VALUES: string[] = [
  "reviews:9080",
  "/reviews/0?page=2&sort=newest",
  "GET",
  "http",
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  "*/*",
  "http",
  "9c9e2d3a-6f0b-9d6e-8f0a-0d4f9a1c2b3e",
  "15000",
];

/** The headers of a request in a mesh, then `more` as alternating names and values, then `filler` other headers. */
export function headers(more: string[], filler: i32 = 0): Slice {
  const names = NAMES.slice(0);
  const values = VALUES.slice(0);
  for (let i = 0; i < more.length; i += 2) {
    names.push(more[i]);
    values.push(more[i + 1]);
  }
  for (let i = 0; i < filler; i++) {
    names.push("x-extra-" + i.toString());
    values.push("a value of some 30 characters.");
  }
  return encodePairs(names, values);
}

export const B3MULTI: string[] = [
  "x-b3-traceid",
  "80f198ee56343ba864fe8b2a57d3eff7",
  "x-b3-spanid",
  "e457b5a2e4d86bd1",
  "x-b3-sampled",
  "1",
];
