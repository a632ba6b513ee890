// The headers that Bookinfo's applications forward.

import assert from "node:assert/strict";
import test from "node:test";
import { forward, forwardedHeaders } from "../../../demo/apps/headers.ts";

test("every header that Istio asks to forward is forwarded unchanged", () => {
  const headers = Object.fromEntries(forwardedHeaders.map((name) => [name, `${name}=Value, 2`]));
  assert.deepEqual(forward(headers), headers);
});

test("all trace context formats are among them", () => {
  const b3multi = ["traceid", "spanid", "parentspanid", "sampled", "flags"].map((part) => `x-b3-${part}`);
  for (const name of ["x-request-id", "b3", ...b3multi, "traceparent", "tracestate", "x-ot-span-context"]) {
    assert.ok((forwardedHeaders as readonly string[]).includes(name), name);
  }
});

test("no other header is forwarded", () => {
  const headers = { host: "reviews:9080", connection: "close", "x-forwarded-for": "10.0.0.1", "x-envoy-attempt": "1" };
  assert.deepEqual(forward({ ...headers, "x-b3-sampled": "0" }), { "x-b3-sampled": "0" });
});

test("an absent header is not invented", () => {
  assert.deepEqual(forward({}), {});
});
